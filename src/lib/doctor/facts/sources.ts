import type { Settings } from '../../config/settings.ts'
import type { ReadClients } from '../../steps/clients.ts'
import type { Machine } from '../machine.ts'

/** Where facts come from. Nothing of it can write. */
export interface Sources {
  readonly settings: Settings
  readonly clients: ReadClients
  readonly machine: Machine
  /** Milliseconds since the epoch. */
  now(): number
}
