import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { binDirectory } from '../../../src/sandbox/directory.ts'

const SCRIPT = new URL('./tool.sh', import.meta.url)

/** Puts executables in the place of the sandbox's own that do the same and start without Node. */
export async function lightTools(dir: string): Promise<void> {
  const script = await readFile(SCRIPT, 'utf8')
  const [, ...rest] = script.split('\n')
  for (const tool of ['eksctl', 'istioctl']) {
    const path = join(binDirectory(dir), tool)
    const own = await readFile(path, 'utf8')
    const [, port, token] = /"http:\/\/127\.0\.0\.1:(\d+)", "([^"]+)"/.exec(own) ?? []
    if (port === undefined || token === undefined) throw new Error(`${path} is not as it was`)
    const head = ['#!/usr/bin/env bash', `TOOL=${tool} PORT=${port} TOKEN=${token}`]
    await writeFile(path, [...head, ...rest].join('\n'), { mode: 0o700 })
  }
}
