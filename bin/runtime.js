// Runs on any Node that knows ES modules: nothing here may need a newer one.
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { constants } from 'node:os'
import { fileURLToPath } from 'node:url'

const NEEDED = [22, 15]

/**
 * True when this Node can run the program. Otherwise the pinned runtime of a checkout takes over with the same
 * arguments, streams, signals and exit code; where there is none, one line says so and the process exits with 2.
 */
export function runtime() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > NEEDED[0] || (major === NEEDED[0] && minor >= NEEDED[1])) return true
  const pinned = fileURLToPath(new URL('../node_modules/node/bin/node', import.meta.url))
  if (!existsSync(pinned)) {
    process.stderr.write(`ecs-ambient needs Node ${NEEDED.join('.')} or newer; this is ${process.version}.\n`)
    process.exitCode = 2
    return false
  }
  const child = spawn(pinned, process.argv.slice(1), { stdio: 'inherit' })
  // A terminal sends its own interrupt to the child as well; sent once more it would count as the second.
  const signals = process.stdin.isTTY ? ['SIGTERM', 'SIGHUP'] : ['SIGTERM', 'SIGHUP', 'SIGINT']
  for (const signal of signals) process.on(signal, () => child.kill(signal))
  if (process.stdin.isTTY) process.on('SIGINT', () => {})
  child.on('exit', (code, signal) => {
    process.exitCode = code ?? 128 + (constants.signals[signal] ?? 0)
  })
  return false
}
