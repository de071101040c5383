import { inventory } from './inventory.ts'
import type { KnownCall, Undisturbed } from './job.ts'
import { type Command, inWorld, type World } from './world.ts'

/** Builds and removes everything once, and notes what was called and what stood. */
export function runUndisturbed(): Promise<Undisturbed> {
  return inWorld(async world => {
    const empty = inventory(world)
    const up = await callsOf(world, 'up')
    const standing = inventory(world)
    const cleanup = await callsOf(world, 'cleanup')
    return { up, cleanup, empty, standing }
  })
}

async function callsOf(world: World, command: Command): Promise<readonly KnownCall[]> {
  const calls: KnownCall[] = []
  world.decide((key, { plane, writes }) => {
    calls.push({ key, plane, writes })
    return undefined
  })
  await world.must(command)
  world.calm()
  return calls
}
