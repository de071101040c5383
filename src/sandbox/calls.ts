/** One request that reached the sandbox, in whichever of its three planes. */
export interface Call {
  /** Counts all calls from 1, in the order in which they arrived. */
  readonly number: number
  readonly plane: 'aws' | 'kubernetes' | 'tool'
  /** `iam`, `ecs`, …; the API group of a Kubernetes call; `eksctl` or `istioctl`. */
  readonly service: string
  /** `CreateRole`; `PATCH`; the tool's subcommand, such as `ecs add-service`. */
  readonly operation: string
  /** What it is about, for messages: the path of a Kubernetes call, the arguments of a tool. */
  readonly subject: string
  readonly writes: boolean
}

/** What happens to a call instead of its own answer. `after`: it took effect, but the caller gets this answer. */
export type Fault =
  | {
      readonly kind: 'error'
      readonly when: 'before' | 'after'
      readonly code: string
      readonly status: number
      readonly message: string
    }
  /** The connection is reset. */
  | { readonly kind: 'reset'; readonly when: 'before' | 'after' }
  /** The call is held until `until` resolves, then goes on (or, `after`, is answered). */
  | { readonly kind: 'hold'; readonly when: 'before' | 'after'; readonly until: Promise<void> }

/** Counts and records every call, and lets a test decide what becomes of it. */
export class Calls {
  readonly log: Call[] = []
  /** Set by tests. */
  fault: (call: Call) => Fault | undefined = () => undefined

  arrive(call: Omit<Call, 'number'>): { readonly call: Call; readonly fault: Fault | undefined } {
    const numbered = { ...call, number: this.log.length + 1 }
    this.log.push(numbered)
    return { call: numbered, fault: this.fault(numbered) }
  }
}
