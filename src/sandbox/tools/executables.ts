import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { extname, join } from 'node:path'

/**
 * Writes a small executable for each tool, to be put first on PATH: it runs with this very Node and hands its work to
 * the sandbox. The token in it lets whoever can read the directory run tools, so only its owner can.
 */
export async function writeExecutables(
  directory: string,
  tools: readonly string[],
  { url, token }: { readonly url: string; readonly token: string },
): Promise<void> {
  await mkdir(directory, { recursive: true, mode: 0o700 })
  const client = new URL(`./client${extname(import.meta.url)}`, import.meta.url).href
  await Promise.all(
    tools.map(async tool => {
      const path = join(directory, tool)
      const call = [tool, url, token].map(text => JSON.stringify(text)).join(', ')
      const lines = [
        `#!${process.execPath}`,
        `import(${JSON.stringify(client)}).then(({ runTool }) => runTool(${call}))`,
        '',
      ]
      await writeFile(path, lines.join('\n'), { mode: 0o700 })
      await chmod(path, 0o700)
    }),
  )
}
