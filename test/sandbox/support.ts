import { spawn } from 'node:child_process'
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import type { Streams } from '../../src/sandbox/mesh/shell.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { cli } from '../support/cli.ts'

export interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs a program in a sandbox's environment and nothing else of this one's. */
export function runIn(sandbox: Sandbox, file: string, argv: readonly string[], input = ''): Promise<Ended> {
  const child = spawn(file, argv, { env: { ...sandbox.environment, HOME: '/nonexistent' } })
  child.stdin.on('error', () => undefined)
  child.stdin.end(input)
  const output = Promise.all([text(child.stdout), text(child.stderr)])
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', async (code, signal) => {
      const [stdout, stderr] = await output
      resolve({ code, signal, stdout, stderr })
    })
  })
}

/** A sandbox in which the program itself has built the whole walkthrough. */
export async function startWalkthrough(options: SandboxOptions = {}): Promise<Sandbox> {
  const sandbox = await startSandbox({ speed: 400, ...options })
  const up = await cli(['up', '--yes', '--json'], { env: sandbox.environment })
  if (up.code === 0) return sandbox
  await sandbox.close()
  throw new Error(`up failed: ${up.stdout}${up.stderr}`)
}

export interface Ran {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs something that takes streams, without a terminal. */
export async function withStreams(run: (streams: Streams) => Promise<number>): Promise<Ran> {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()]
  const output = Promise.all([text(stdout), text(stderr)])
  stdin.end()
  const exitCode = await run({ stdin, stdout, stderr, tty: false, signal: new AbortController().signal })
  stdout.end()
  stderr.end()
  const [out, err] = await output
  return { exitCode, stdout: out, stderr: err }
}
