import type { Suite } from '../support/job.ts'
import { chains } from './chains.ts'
import { kills } from './kills.ts'

export const SUITES: Readonly<Record<string, Suite>> = { kills, chains }
