import type { Settings } from '../../../src/lib/config/settings.ts'
import { type DoctorOptions, type Examination, examine, thisMachine } from '../../../src/lib/doctor/index.ts'
import type { Machine } from '../../../src/lib/doctor/machine.ts'
import type { CheckResult } from '../../../src/lib/doctor/run.ts'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import { readClients } from '../../../src/lib/steps/clients.ts'
import type { MeshWorld } from '../steps/mesh-world.ts'

export interface Asked extends Partial<DoctorOptions> {
  readonly settings?: Partial<Settings>
  readonly machine?: Partial<Machine>
}

/** What doctor says of a sandbox; by default of all that can be looked at. */
export function doctor(world: MeshWorld, { settings, machine, ...options }: Asked = {}): Promise<Examination> {
  const desired = world.settings(settings)
  return examine(
    { pre: false, wait: false, only: [], ...options },
    {
      settings: desired,
      clients: readClients(desired),
      machine: { ...thisMachine('native'), ...machine },
      clock: systemClock,
      signal: new AbortController().signal,
    },
  )
}

/** What one check says. */
export async function told(world: MeshWorld, code: string, asked: Asked = {}): Promise<CheckResult> {
  const [result] = (await doctor(world, { ...asked, only: [code] })).checks
  if (result === undefined) throw new Error(`no check ${code}`)
  return result
}

/** Those that are not well, each in a line. */
export const ill = ({ checks }: Examination): readonly string[] =>
  checks
    .filter(({ state }) => state === 'failed' || state === 'warning')
    .map(({ code, state, why }) => `${code} ${state}: ${why}`)
