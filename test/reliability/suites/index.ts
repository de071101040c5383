import type { Suite } from '../support/job.ts'
import { afterlife } from './afterlife.ts'
import { chains } from './chains.ts'
import { conflicts } from './conflicts.ts'
import { consistency } from './consistency.ts'
import { drift } from './drift.ts'
import { faults } from './faults.ts'
import { kills } from './kills.ts'
import { leftovers } from './leftovers.ts'
import { races } from './races.ts'
import { rebuilds } from './rebuilds.ts'
import { refusals } from './refusals.ts'
import { signals } from './signals.ts'
import { strangers } from './strangers.ts'

export const SUITES: Readonly<Record<string, Suite>> = {
  kills,
  chains,
  afterlife,
  faults,
  consistency,
  conflicts,
  refusals,
  races,
  strangers,
  leftovers,
  drift,
  rebuilds,
  signals,
}
