import type { CheckListener } from '../lib/checks/events.ts'
import type { CheckDeps, CheckOptions } from '../lib/checks/index.ts'
import { dataDirectory } from '../lib/config/data-directory.ts'
import { systemClock } from '../lib/engine/clock.ts'
import type { Session } from './session.ts'

/** What a run of checks works with, of one command's session. */
export const checkDeps = ({ settings, write, interruption }: Session, emit: CheckListener): CheckDeps => ({
  settings,
  clients: write,
  clock: systemClock,
  signal: interruption.signal,
  stopNow: interruption.stopNow,
  emit,
  host: { emit: () => undefined, ask: async () => 'go' },
})

/** Built-in suites by name, from nothing to nothing. */
export const suitesNamed = (names: readonly string[]): CheckOptions => ({
  names,
  all: false,
  asIs: false,
  only: [],
  failed: false,
  directory: process.cwd(),
  dataDirectory: dataDirectory(),
})
