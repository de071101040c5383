import { setTimeout as pause } from 'node:timers/promises'
import type { Fault } from '../../../src/sandbox/calls.ts'
import { Hold, unheard } from './hold.ts'
import type { Command, Ended, World } from './world.ts'

/** Milliseconds within which a run that was cut off sends the last calls that it has in hand. */
const LAST_CALLS = 15

export type Cut = { readonly at: string } | { readonly ended: Ended }

/**
 * Runs a command in this process and cuts it off at the first call whose name is wanted: that call is not answered, nor
 * is any other from then on, and what the run waited for is given up. It leaves what a killed process would leave.
 */
export async function runAndCut(
  world: World,
  command: Command,
  wanted: (key: string) => boolean,
  when: Fault['when'],
): Promise<Cut> {
  const dead = new AbortController()
  const hold = new Hold()
  let at: string | undefined
  let held = false
  void hold.reached.then(() => {
    held = true
  })
  world.decide(key => {
    // While a call is taking effect, a tool's own calls are part of that.
    if (held || (at !== undefined && when === 'before')) return unheard
    if (at !== undefined || !wanted(key)) return undefined
    at = key
    return hold.fault(when)
  })
  const run = world.run(command, { signal: dead.signal })
  const ended = await Promise.race([run, hold.reached])
  if (ended !== undefined) {
    world.calm()
    return { ended }
  }
  dead.abort()
  run.catch(() => undefined)
  await pause(LAST_CALLS)
  world.calm()
  return { at: at ?? '' }
}
