/**
 * How a tool's executable and the sandbox talk: one POST whose body is a line of JSON, the invocation, and then the
 * tool's stdin as it comes; the answer is lines of JSON, the last of which carries the exit code.
 */

export interface Invocation {
  readonly argv: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly directory: string
  /** stdout is a terminal. */
  readonly terminal: boolean
}

export type Answer = { readonly out: string } | { readonly err: string } | { readonly exit: number }

/** The variables that a tool may look at; nothing else of the caller's environment leaves its process. */
export const isPassedOn = (name: string): boolean => /^(AWS_|KUBECONFIG$|HOME$|PATH$|ECS_AMBIENT_|XDG_)/.test(name)
