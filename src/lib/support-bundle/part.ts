import type { Settings } from '../config/settings.ts'
import type { ReadClients } from '../steps/clients.ts'

export interface Collecting {
  readonly settings: Settings
  readonly clients: ReadClients
}

/** One file of the bundle. */
export interface BundleFile {
  readonly path: string
  readonly text: string
}

/** Something to look at, on its own: what can't be read of it is named and keeps nothing else out. */
export interface Part {
  readonly name: string
  collect(collecting: Collecting): Promise<readonly BundleFile[]>
}

export const json = (path: string, value: unknown): BundleFile => ({
  path,
  text: `${JSON.stringify(value, null, 2)}\n`,
})

/** Lines of one log that are kept, the newest. */
export const LOG_LINES = 500
/** Logs of one kind that are kept, the newest. */
export const LOGS = 20
