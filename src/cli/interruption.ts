import { Exit } from '../lib/engine/failure.ts'

/**
 * A signal that is aborted by the first Ctrl-C or SIGTERM, so that the call in flight ends and no other begins.
 * The second one ends the process at once.
 */
export function interruption(onFirst: () => void): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController()
  const interrupt = () => {
    if (controller.signal.aborted) process.exit(Exit.interrupted)
    controller.abort()
    onFirst()
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
  for (const name of signals) process.on(name, interrupt)
  return {
    signal: controller.signal,
    release: () => {
      for (const name of signals) process.off(name, interrupt)
    },
  }
}
