/** How a session's other side behaves, beyond doing everything right: for tests of what can go wrong. */
export interface ChannelBehaviour {
  /** Makes the random decisions below repeatable. Default 1. */
  readonly seed?: number
  /** Probabilities, 0 to 1, for each frame in either direction. */
  readonly lose?: number
  readonly duplicate?: number
  readonly reorder?: number
  /** Up to so many milliseconds of real time, for each frame. */
  readonly delay?: number
  /** Milliseconds of sandbox time before the agent reads the terminal. Default 1000, as the real one. */
  readonly start?: number
  /** Bytes of output in one frame, at most. Default 1024. */
  readonly chunk?: number
  /** Cuts the output anywhere, also within a character. */
  readonly cutCharacters?: boolean
  /** The agent never acknowledges. */
  readonly silent?: boolean
  /** A pause_publication after so many frames from the client, and start_publication so many milliseconds later. */
  readonly pause?: { readonly after: number; readonly for: number }
  /** The session is closed with this text instead of running anything; empty for no text. */
  readonly closed?: string
  /** The session ends, as if the task had stopped, once so many frames of output were sent. */
  readonly endAfter?: number
  /** The connection is cut once so many frames of output were sent on it, or at once for 0; this many times. */
  readonly drop?: { readonly after: number; readonly times: number }
  /** A lost connection can't be resumed. */
  readonly gone?: boolean
  /** Every token is refused; `echo`: with words that hold it. */
  readonly refuseToken?: boolean | 'echo'
  /** The upgrade is answered with this status. */
  readonly refuse?: number
  /** What is sent after the first frame of output. */
  readonly garbage?: Garbage
}

export type Garbage = 'noise' | 'short' | 'huge-length' | 'huge-frame' | 'wrong-digest' | 'text' | 'bad-json' | 'flood'

/** A small generator of pseudo-random numbers (mulberry32): the same seed, the same numbers. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
