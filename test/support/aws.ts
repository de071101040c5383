import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { AwsCloud, type AwsCloudOptions } from '../../src/sandbox/aws/cloud.ts'
import { Calls } from '../../src/sandbox/calls.ts'
import { ManualClock } from './manual-clock.ts'

/** A simulated AWS on loopback, whose time a test moves. */
export interface TestAws {
  readonly cloud: AwsCloud
  readonly calls: Calls
  readonly clock: ManualClock
  readonly url: string
  /** For the constructor of any SDK client. */
  readonly client: {
    readonly endpoint: string
    readonly region: string
    readonly credentials: { readonly accessKeyId: string; readonly secretAccessKey: string }
    readonly maxAttempts: number
  }
  close(): Promise<void>
}

export const ACCOUNT = '111122223333'

export async function startAws(options: Partial<AwsCloudOptions> = {}): Promise<TestAws> {
  const clock = new ManualClock()
  const calls = new Calls()
  const cloud = new AwsCloud({ clock, calls, account: ACCOUNT, defaultRegion: 'us-east-1', ...options })
  const server = createServer(cloud.handler)
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const credentials = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' }
  return {
    cloud,
    calls,
    clock,
    url,
    client: { endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 },
    close: () => closed(server),
  }
}

function closed(server: Server): Promise<void> {
  server.closeAllConnections()
  return new Promise(resolve => server.close(() => resolve()))
}

/** What the service refused a request with, as the SDK reports it. */
export interface Refusal {
  readonly name: string
  readonly message: string
  readonly $metadata: { readonly httpStatusCode?: number; readonly requestId?: string; readonly attempts?: number }
}

/** The error that a request ends with. @throws Error where it succeeds */
export async function refusal(request: Promise<unknown>): Promise<Refusal> {
  try {
    await request
  } catch (error) {
    return error as Refusal
  }
  throw new Error('The request succeeded.')
}
