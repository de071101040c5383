import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/** What an executable does: import a module and call one function of it. */
export interface Executable {
  readonly name: string
  readonly body: string
}

const moduleUrl = (path: string): string => new URL(`${path}${extname(import.meta.url)}`, import.meta.url).href

/** A tool whose work the sandbox does. */
export function toolExecutable(
  name: string,
  { url, token }: { readonly url: string; readonly token: string },
): Executable {
  const args = [name, url, token].map(text => JSON.stringify(text)).join(', ')
  return { name, body: `import(${JSON.stringify(moduleUrl('./client'))}).then(({ runTool }) => runTool(${args}))` }
}

/** The vendor's plugin, which the \`aws\` command starts with a session: it talks to the data channel by itself. */
export const pluginExecutable = (): Executable => ({
  name: 'session-manager-plugin',
  body: [
    `import(${JSON.stringify(moduleUrl('../channel/plugin'))}).then(async ({ runPlugin }) => {`,
    '  const { stdin, stdout, env: environment } = process',
    '  process.exitCode = await runPlugin(process.argv.slice(2), { stdin, stdout, environment })',
    '})',
  ].join('\n'),
})

/**
 * Writes small executables, to be put first on PATH; they run with this very Node. Those of tools hold a token, so only
 * the owner can read them.
 */
export async function writeExecutables(directory: string, executables: readonly Executable[]): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  await Promise.all(
    executables.map(async ({ name, body }) => {
      const path = join(directory, name)
      await writeFile(path, `#!${process.execPath}\n${body}\n`, { mode: 0o700 })
      await chmod(path, 0o700)
    }),
  )
}
