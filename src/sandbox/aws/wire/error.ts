/** A refusal of a service, in whichever form its protocol gives it to the client. */
export class AwsError extends Error {
  /** As the service documents it: `NoSuchEntity`, `InvalidGroup.NotFound`, `ClusterNotFoundException`. */
  readonly code: string
  /** Undefined: what the service's own model says for this code, or else 400. */
  readonly status: number | undefined
  /** Further members of a modelled error, such as the `clusterName` of an EKS error. */
  readonly fields: Readonly<Record<string, unknown>>

  constructor(code: string, message: string, more: { status?: number; fields?: Record<string, unknown> } = {}) {
    super(message)
    this.name = 'AwsError'
    this.code = code
    this.status = more.status
    this.fields = more.fields ?? {}
  }
}
