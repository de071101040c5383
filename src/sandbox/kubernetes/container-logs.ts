export interface LogLine {
  /** Milliseconds of the sandbox's time. */
  readonly time: number
  readonly text: string
}

interface ContainerLog {
  readonly lines: LogLine[]
  readonly followers: Set<(line: LogLine | undefined) => void>
}

/** What the containers of a cluster wrote to stdout and stderr, in memory. */
export class ContainerLogs {
  readonly #logs = new Map<string, ContainerLog>()
  readonly #now: () => number

  constructor(now: () => number) {
    this.#now = now
  }

  append(namespace: string, pod: string, container: string, text: string): void {
    const log = this.#of(namespace, pod, container)
    const line = { time: this.#now(), text }
    log.lines.push(line)
    for (const follower of [...log.followers]) follower(line)
  }

  lines(namespace: string, pod: string, container: string): readonly LogLine[] {
    return this.#of(namespace, pod, container).lines
  }

  /** Calls `follower` with each new line, and with undefined once the container is gone. */
  follow(namespace: string, pod: string, container: string, follower: (line: LogLine | undefined) => void): () => void {
    const { followers } = this.#of(namespace, pod, container)
    followers.add(follower)
    return () => followers.delete(follower)
  }

  /** A pod is gone, and its containers' logs with it. */
  drop(namespace: string, pod: string): void {
    const prefix = `${namespace}/${pod}/`
    for (const [key, log] of this.#logs) {
      if (!key.startsWith(prefix)) continue
      this.#logs.delete(key)
      for (const follower of [...log.followers]) follower(undefined)
    }
  }

  #of(namespace: string, pod: string, container: string): ContainerLog {
    const key = `${namespace}/${pod}/${container}`
    const known = this.#logs.get(key)
    if (known !== undefined) return known
    const log = { lines: [], followers: new Set<(line: LogLine | undefined) => void>() }
    this.#logs.set(key, log)
    return log
  }
}
