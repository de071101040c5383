import { hex } from '../../../ids.ts'
import type { Region } from '../../../region.ts'
import { AwsError } from '../../../wire/error.ts'
import { findStack, type ResourcePlan } from '../../cloudformation/state.ts'
import { addRole } from '../../iam/roles.ts'
import { trustOf } from '../../iam/service-linked.ts'

interface RoleSpec {
  readonly logicalId: string
  /** A given name, or else one that CloudFormation makes up from `stack`. */
  readonly name?: string
  readonly stack: string
  /** The service that may assume it. */
  readonly service: string
  readonly policyArns: readonly string[]
  /** A policy of its own. */
  readonly inline?: unknown
  readonly tags: Iterable<[string, string]>
}

/** An IAM role of a stack. @param made told the role's ARN */
export function roleResource(region: Region, spec: RoleSpec, made: (arn: string) => void): ResourcePlan {
  const { iam } = region
  return {
    logicalId: spec.logicalId,
    type: 'AWS::IAM::Role',
    create: () => {
      const name = spec.name ?? `${spec.stack.slice(0, 40)}-${spec.logicalId}-${hex(12).toUpperCase()}`
      if (iam.roles.has(name))
        throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`, { status: 409 })
      const tags = new Map([...spec.tags, ...stackTags(region, spec)])
      const inline = new Map(spec.inline === undefined ? [] : [['Policy1', JSON.stringify(spec.inline)]])
      const role = addRole(region, { name, path: '/', trust: trustOf(spec.service), tags, inline })
      for (const arn of spec.policyArns) role.attached.add(arn)
      made(role.arn)
      return name
    },
    remove: name => {
      const role = iam.roles.get(name)
      if (role === undefined) return
      for (const arn of spec.policyArns) role.attached.delete(arn)
      if (role.attached.size > 0)
        throw new AwsError('DeleteConflict', 'Cannot delete entity, must detach all policies first.', { status: 409 })
      iam.roles.delete(name)
    },
  }
}

/** What CloudFormation adds to the tags of each resource that it makes. */
const stackTags = ({ cloudformation }: Region, { stack, logicalId }: RoleSpec): [string, string][] => [
  ['aws:cloudformation:stack-name', stack],
  ['aws:cloudformation:stack-id', findStack(cloudformation, stack)?.id ?? ''],
  ['aws:cloudformation:logical-id', logicalId],
]
