import { Exit } from '../lib/engine/failure.ts'

export interface Interruption {
  /** Aborted by the first Ctrl-C or SIGTERM: the call in flight ends, no other begins. */
  readonly signal: AbortSignal
  /** Aborted by the second one. */
  readonly stopNow: AbortSignal
  /** The second one does not end the process: whoever asks for this ends it in good order, and the third one does. */
  holdOn(): void
  release(): void
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const

/** Turns the signals that ask a process to end into abort signals; the second one ends it at once. */
export function interruption(onFirst: () => void): Interruption {
  const stop = new AbortController()
  const now = new AbortController()
  let patience = 1
  let count = 0
  const interrupt = () => {
    count += 1
    if (count > patience) process.exit(Exit.interrupted)
    if (count > 1) return now.abort()
    stop.abort()
    onFirst()
  }
  for (const name of SIGNALS) process.on(name, interrupt)
  return {
    signal: stop.signal,
    stopNow: now.signal,
    holdOn: () => {
      patience = 2
    },
    release: () => {
      for (const name of SIGNALS) process.off(name, interrupt)
    },
  }
}
