import { existsSync, readFileSync } from 'node:fs'
import module from 'node:module'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))

/**
 * Runs the command that the arguments name: from the sources in a checkout, so that nothing built can be stale,
 * and from dist in the package, which has no sources.
 */
export async function start() {
  module.enableCompileCache?.()
  const { execute, settings } = await import('@oclif/core')
  settings.enableAutoTranspile = false
  if (!existsSync(new URL('../src/commands', import.meta.url))) return execute({ dir: import.meta.url })
  await execute({ dir: import.meta.url, loadOptions: { root, pjson: sourcePackage(), ignoreManifest: true } })
}

/** package.json as it would read if the sources were what is shipped. */
export function sourcePackage() {
  const pjson = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'))
  pjson.oclif.commands = { ...pjson.oclif.commands, target: './src/commands', globPatterns: ['**/*.ts'] }
  for (const [name, file] of Object.entries(pjson.oclif.hooks ?? {})) {
    pjson.oclif.hooks[name] = `${file.replace('./dist/', './src/')}.ts`
  }
  return pjson
}
