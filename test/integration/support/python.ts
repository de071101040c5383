import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { cached, fingerprint } from './cache.ts'

const requirements = fileURLToPath(new URL('../python/requirements.txt', import.meta.url))

export function versionOf(distribution: string): string {
  const version = new RegExp(`^${distribution}==(\\S+)`, 'm').exec(readFileSync(requirements, 'utf8'))?.[1]
  if (version === undefined) throw new Error(`${requirements} does not name ${distribution}`)
  return version
}

/**
 * A virtual environment of the tier's own with what requirements.txt lists; answers its interpreter. Everything in it
 * runs as `python -m …`: the scripts beside the interpreter name the folder that they were installed to.
 */
export async function virtualEnvironment(): Promise<string> {
  const { stdout: python } = await execa('python3', ['--version'])
  const key = await fingerprint([python, readFileSync(requirements, 'utf8')], [])
  const dir = await cached('python', key, async dir => {
    await execa('python3', ['-m', 'venv', dir])
    await execa(join(dir, 'bin/python'), ['-m', 'pip', 'install', '--quiet', '--no-deps', '-r', requirements])
  })
  return join(dir, 'bin/python')
}
