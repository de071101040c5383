/** What an error means to whoever called the program: the process's exit code. */
export const Exit = {
  done: 0,
  failed: 1,
  usage: 2,
  missing: 3,
  verdict: 4,
  exec: 125,
  interrupted: 130,
} as const
export type ExitCode = (typeof Exit)[keyof typeof Exit]

export interface FailureDetails {
  /** Stable and machine-readable: upper case with underscores. Scripts depend on it, never on the message. */
  readonly code: string
  /** What failed, in one sentence. */
  readonly message: string
  readonly exit?: ExitCode
  /** Why: the service's own code and words, the stopped reason, the last log lines. */
  readonly why?: readonly string[]
  /** Commands or actions that help, most useful first. */
  readonly suggestions?: readonly string[]
  /** What exists all the same, and may cost money. */
  readonly stands?: readonly string[]
  /** Dollars an hour that what stands costs. */
  readonly hourly?: number
  /** The one command that goes on from what stands. */
  readonly goOn?: string
  /** The one command that takes it away. */
  readonly undo?: string
  readonly requestId?: string
  readonly cause?: unknown
}

const brand = Symbol.for('ecs-ambient.failure')

/** An expected error: it says what failed, why, and what to do. Anything else that is thrown is a bug of ours. */
export class Failure extends Error {
  readonly code: string
  readonly exit: ExitCode
  readonly why: readonly string[]
  readonly suggestions: readonly string[]
  readonly stands: readonly string[]
  readonly hourly: number | undefined
  readonly goOn: string | undefined
  readonly undo: string | undefined
  readonly requestId: string | undefined

  constructor(details: FailureDetails) {
    super(details.message, { cause: details.cause })
    this.name = 'Failure'
    this.code = details.code
    this.exit = details.exit ?? Exit.failed
    this.why = details.why ?? []
    this.suggestions = details.suggestions ?? []
    this.stands = details.stands ?? []
    this.hourly = details.hourly
    this.goOn = details.goOn
    this.undo = details.undo
    this.requestId = details.requestId
    Object.defineProperty(this, brand, { value: true })
  }

  /** The same failure with more of what is known further up. */
  with(more: Partial<Omit<FailureDetails, 'code' | 'exit' | 'requestId' | 'cause'>>): Failure {
    const { hourly = this.hourly, goOn = this.goOn, undo = this.undo } = more
    return new Failure({
      code: this.code,
      message: more.message ?? this.message,
      exit: this.exit,
      why: [...this.why, ...(more.why ?? [])],
      suggestions: [...this.suggestions, ...(more.suggestions ?? [])],
      stands: [...this.stands, ...(more.stands ?? [])],
      ...(hourly === undefined ? {} : { hourly }),
      ...(goOn === undefined ? {} : { goOn }),
      ...(undo === undefined ? {} : { undo }),
      ...(this.requestId === undefined ? {} : { requestId: this.requestId }),
      cause: this.cause,
    })
  }
}

/** True for a Failure, also one of another copy of this package. */
export function isFailure(error: unknown): error is Failure {
  return typeof error === 'object' && error !== null && brand in error
}

export const interrupted = (): Failure =>
  new Failure({
    code: 'INTERRUPTED',
    message: 'Interrupted.',
    exit: Exit.interrupted,
    suggestions: ['Run the same command again: it goes on from what exists.'],
  })
