import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { tmpdir } from 'node:os'
import { PROGRAM } from '../../support/cli.ts'
import type { Command, World } from './world.ts'

/** The real command in a process of its own, to be killed. */
export interface Victim {
  /** Resolves when the process has gone. */
  readonly gone: Promise<unknown>
  readonly output: () => string
  /** Ends it at once; `group`: and the tools that it has started, which otherwise go on alone. */
  kill(how: 'alone' | 'group'): Promise<void>
}

export function startVictim({ environment }: World, command: Command): Victim {
  const args = [PROGRAM, command, '--yes', '--json', '--kubeconfig', environment.KUBECONFIG ?? '']
  const child = spawn(process.execPath, args, { cwd: tmpdir(), env: environment, detached: true })
  const { pid } = child
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', data => {
      output += data
    })
  }
  const gone = once(child, 'exit')
  return {
    gone,
    output: () => output,
    kill: async how => {
      if (pid !== undefined) process.kill(how === 'group' ? -pid : pid, 'SIGKILL')
      await gone
    },
  }
}
