/**
 * How a change of configuration reaches the proxies: each hears of it a moment later, some sooner than others.
 * Holds the last few versions of what was configured; all times are milliseconds of the sandbox.
 */
export class Propagation<T> {
  readonly #longest: number
  #versions: { readonly since: number; readonly value: T }[]

  /** @param longest how long the slowest proxy takes to hear of a change */
  constructor(initial: T, longest = 1500) {
    this.#longest = longest
    this.#versions = [{ since: Number.NEGATIVE_INFINITY, value: initial }]
  }

  set(value: T, now: number): void {
    // Of the versions that everyone has heard of by now only the newest is still of use.
    const known = this.#versions.findLastIndex(({ since }) => since <= now - this.#longest)
    this.#versions = [...this.#versions.slice(Math.max(known, 0)), { since: now, value }]
  }

  /** The version that a proxy works with. */
  at(proxy: string, now: number): T {
    const heard = now - this.#delayOf(proxy)
    const version = this.#versions.findLast(({ since }) => since <= heard) ?? this.#versions[0]
    if (!version) throw new Error('a version is always kept')
    return version.value
  }

  /** Always the same for the same proxy: between a fifth and all of the longest. */
  #delayOf(proxy: string): number {
    const share = [...proxy].reduce((sum, letter) => (sum * 33 + letter.charCodeAt(0)) % 81, 0)
    return (this.#longest * (20 + share)) / 100
  }
}
