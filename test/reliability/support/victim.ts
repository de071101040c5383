import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { PROGRAM } from '../../support/cli.ts'
import type { Command, World } from './world.ts'

/** The real command in a process of its own, to be killed. */
export interface Victim {
  /** Resolves to the exit code when the process has gone; null where a signal ended it. */
  readonly gone: Promise<number | null>
  readonly output: () => string
  /** What it has printed on stdout. */
  readonly stdout: () => string
  signal(name: NodeJS.Signals): void
  /** Whoever reads its stdout goes away. */
  closeStdout(): void
  /** Ends it at once; `group`: and the tools that it has started, which otherwise go on alone. */
  kill(how: 'alone' | 'group'): Promise<void>
}

export function startVictim({ environment }: World, command: Command, { json = true } = {}): Victim {
  const args = [PROGRAM, command, '--yes', ...(json ? ['--json'] : []), '--kubeconfig', environment.KUBECONFIG ?? '']
  const child = spawn(process.execPath, args, { cwd: tmpdir(), env: environment, detached: true })
  const { pid } = child
  let output = ''
  let stdout = ''
  child.stdout.on('data', data => {
    output += data
    stdout += data
  })
  child.stderr.on('data', data => {
    output += data
  })
  const gone = once(child, 'exit').then(([code]) => code as number | null)
  return {
    gone,
    output: () => output,
    stdout: () => stdout,
    signal: name => child.kill(name),
    closeStdout: () => child.stdout.destroy(),
    kill: async how => {
      if (pid !== undefined) process.kill(how === 'group' ? -pid : pid, 'SIGKILL')
      await gone
    },
  }
}
