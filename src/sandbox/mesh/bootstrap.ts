/**
 * What `istioctl ecs add-service` bakes into a task definition for the task's ztunnel: where istiod is, by which
 * certificate it is known, and who the workload will be. The vendor's own form is opaque; this one is the sandbox's.
 */
export interface Bootstrap {
  /** `https://host:15012`. */
  readonly istiod: string
  /** PEM. */
  readonly rootCertificate: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly network?: string
  /** The mesh's name of the cluster that istiod runs in. */
  readonly mesh: string
}

export const encodeBootstrap = (bootstrap: Bootstrap): string =>
  Buffer.from(JSON.stringify(bootstrap)).toString('base64')

/** Undefined for what is no token of ours. */
export function decodeBootstrap(token: string): Bootstrap | undefined {
  try {
    return JSON.parse(Buffer.from(token, 'base64').toString('utf8')) as Bootstrap
  } catch {
    return undefined
  }
}
