import type { Region } from './region.ts'

/** Who made a request. */
export interface Caller {
  readonly accessKeyId: string
  readonly arn: string
  readonly userId: string
}

/** What an operation gets besides its input. */
export interface Context {
  readonly region: Region
  readonly caller: Caller
  readonly requestId: string
}
