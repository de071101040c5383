import type { Clock } from '../../../src/lib/engine/clock.ts'
import { systemClock } from '../../../src/lib/engine/clock.ts'

/** The program's clock, sped up: it waits a fraction of what it believes to wait. */
export const fastClock = (speed: number): Clock => ({
  now: () => Date.now() * speed,
  sleep: (ms, signal) => systemClock.sleep(ms / speed, signal),
})
