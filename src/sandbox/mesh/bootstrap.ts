import type { ContainerDefinition, KeyValuePair } from '@aws-sdk/client-ecs'

export const ZTUNNEL = 'ztunnel'
const VARIABLE = 'SANDBOX_BOOTSTRAP'

/**
 * What enrolment tells a task's ztunnel: where istiod is, by which certificate it is known, and who the workload will
 * be. It stands as JSON in a variable of the container; both are the sandbox's own.
 */
export interface Bootstrap {
  /** `https://host:15012`. */
  readonly istiod: string
  /** PEM. */
  readonly rootCertificate: string
  readonly namespace: string
  readonly serviceAccount: string
  /** The mesh's name of the cluster that istiod runs in. */
  readonly mesh: string
}

export const bootstrapVariable = (bootstrap: Bootstrap): KeyValuePair => ({
  name: VARIABLE,
  value: JSON.stringify(bootstrap),
})

/** What the ztunnel among the containers was told; undefined where there is none, or nothing that can be read. */
export function readBootstrap(containers: readonly ContainerDefinition[] = []): Bootstrap | undefined {
  const ztunnel = containers.find(({ name }) => name === ZTUNNEL)
  const value = ztunnel?.environment?.find(({ name }) => name === VARIABLE)?.value
  try {
    return value === undefined ? undefined : (JSON.parse(value) as Bootstrap)
  } catch {
    return undefined
  }
}
