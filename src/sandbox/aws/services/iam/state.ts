import type { Tags } from '../../tags.ts'
import { managedPolicies } from './managed.ts'

export interface PolicyVersion {
  readonly id: string
  readonly document: string
  readonly created: Date
}

export interface Policy {
  readonly arn: string
  readonly name: string
  readonly path: string
  readonly id: string
  readonly description: string | undefined
  readonly created: Date
  updated: Date
  versions: PolicyVersion[]
  defaultVersion: string
  /** Counts all versions that there ever were. */
  versionCount: number
  readonly tags: Tags
  /** Milliseconds of the clock before which reads don't see it. */
  readonly visibleFrom: number
}

export interface Role {
  readonly arn: string
  readonly name: string
  readonly path: string
  readonly id: string
  description: string | undefined
  maxSessionDuration: number
  readonly created: Date
  trust: string
  /** ARNs of the managed policies attached. */
  readonly attached: Set<string>
  readonly inline: Map<string, string>
  readonly instanceProfiles: Set<string>
  readonly tags: Tags
  readonly visibleFrom: number
  /** Before this, other services can't assume it. */
  readonly assumableFrom: number
}

export interface OidcProvider {
  readonly arn: string
  readonly url: string
  readonly clientIds: readonly string[]
  readonly thumbprints: readonly string[]
  readonly created: Date
  readonly tags: Tags
}

/** IAM of one account, the same in every region. */
export interface IamState {
  readonly roles: Map<string, Role>
  /** By ARN; those of AWS itself among them. */
  readonly policies: Map<string, Policy>
  readonly oidcProviders: Map<string, OidcProvider>
  /** Actions that SimulatePrincipalPolicy denies; a test adds some. */
  readonly deniedActions: Set<string>
}

export const createIamState = (partition: string, now: number): IamState => ({
  roles: new Map(),
  policies: new Map(managedPolicies(partition, new Date(now)).map(policy => [policy.arn, policy])),
  oidcProviders: new Map(),
  deniedActions: new Set(),
})

/** Milliseconds after which reads see a new role or policy. */
export const VISIBLE_AFTER = 2_000
/** Milliseconds after which other services can assume a new role. */
export const ASSUMABLE_AFTER = 8_000

/** Whether a service such as ECS may assume a role now. */
export function isAssumable(iam: IamState, arn: string, service: string, now: number): boolean {
  const role = roleByArn(iam, arn)
  return role !== undefined && now >= role.assumableFrom && role.trust.includes(service)
}

export const roleByArn = (iam: IamState, arn: string): Role | undefined =>
  [...iam.roles.values()].find(role => role.arn === arn)
