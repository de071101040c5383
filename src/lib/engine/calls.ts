import { AsyncLocalStorage } from 'node:async_hooks'
import { type Clock, systemClock } from './clock.ts'
import { type Retry, retry, type WaitHost } from './wait.ts'

/** For whom calls are made. Clients are made once for all steps and know none of them. */
const hosts = new AsyncLocalStorage<WaitHost>()

/** Outside of every step there is nobody to tell. */
const nobody: WaitHost = { clock: systemClock, signal: new AbortController().signal }

const currentHost = (): WaitHost => hosts.getStore() ?? nobody

/** Does some work, and has `host` told what its calls wait for. */
export const callingFor = <T>(host: WaitHost, work: () => Promise<T>): Promise<T> => hosts.run(host, work)

/** The clock of whoever a call is made for. */
export const callClock = (): Clock => currentHost().clock

/**
 * Makes a call, and makes it again while its error passes by itself, visibly to whoever it is made for. After Ctrl-C it
 * is still made, as it belongs to what has begun, but not again.
 *
 * @throws Failure `TIMED_OUT` (exit 1) with the last error as its cause; `INTERRUPTED` (exit 130)
 */
export async function makeCall<T>(call: Retry<T>): Promise<T> {
  try {
    return await call.attempt()
  } catch (error) {
    if (call.transient(error) === undefined) throw error
    let first = true
    const attempt = async () => {
      if (!first) return call.attempt()
      first = false
      throw error
    }
    return retry({ ...call, attempt }, currentHost())
  }
}
