import type * as sdk from '@aws-sdk/client-cloudformation'
import { page } from '../../paging.ts'
import type { Region } from '../../region.ts'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers, ServiceDefinition } from '../../wire/service.ts'
import { deleteStack } from './lifecycle.ts'
import { findStack, type Stack, type StackResource } from './state.ts'

const PAGE = 100
const invalid = (message: string): AwsError => new AwsError('ValidationError', message)

function stackOf({ cloudformation }: Region, name = ''): Stack {
  const stack = findStack(cloudformation, name)
  if (stack === undefined) throw invalid(`Stack with id ${name} does not exist`)
  return stack
}

const paged = <T>(all: Iterable<T>, key: (item: T) => string, token: string | undefined) => {
  const { items, next } = page(all, { key, token, size: PAGE, invalidToken: () => invalid('Invalid token') })
  return { items, rest: next === undefined ? {} : { NextToken: next } }
}

/** A key by which the greater number comes first. */
const descending = (number: number): string => String(Number.MAX_SAFE_INTEGER - Math.floor(number))

const newestFirst = ({ created, id }: Stack): string => `${descending(created.getTime())} ${id}`

const shown = (stack: Stack): sdk.Stack => ({
  StackId: stack.id,
  StackName: stack.name,
  CreationTime: stack.created,
  StackStatus: stack.status as sdk.StackStatus,
  StackStatusReason: stack.reason,
  DeletionTime: stack.deleted,
  DisableRollback: true,
  EnableTerminationProtection: false,
  Capabilities: ['CAPABILITY_IAM'],
  Tags: upperTags.write(stack.tags),
})

const shownResource = (stack: Stack, resource: StackResource) => ({
  LogicalResourceId: resource.plan.logicalId,
  PhysicalResourceId: resource.physicalId,
  ResourceType: resource.plan.type,
  ResourceStatus: resource.status as sdk.ResourceStatus,
  ResourceStatusReason: resource.reason,
  StackName: stack.name,
  StackId: stack.id,
})

const started = ({ resources }: Stack): StackResource[] => resources.filter(({ status }) => status !== 'CREATE_PENDING')

const cloudformationOperations = {
  DescribeStacks({ StackName, NextToken }, { region }) {
    if (StackName !== undefined) return { Stacks: [shown(stackOf(region, StackName))] }
    const existing = [...region.cloudformation.stacks.values()].filter(({ deleted }) => deleted === undefined)
    const { items, rest } = paged(existing, newestFirst, NextToken)
    return { Stacks: items.map(shown), ...rest }
  },

  ListStacks({ StackStatusFilter = [], NextToken }, { region }) {
    const found = [...region.cloudformation.stacks.values()].filter(
      ({ status }) => StackStatusFilter.length === 0 || (StackStatusFilter as string[]).includes(status),
    )
    const { items, rest } = paged(found, newestFirst, NextToken)
    return {
      StackSummaries: items.map(stack => ({
        StackId: stack.id,
        StackName: stack.name,
        CreationTime: stack.created,
        DeletionTime: stack.deleted,
        StackStatus: stack.status as sdk.StackStatus,
        StackStatusReason: stack.reason,
      })),
      ...rest,
    }
  },

  DescribeStackEvents({ StackName, NextToken }, { region }) {
    const stack = stackOf(region, StackName)
    const { items, rest } = paged(stack.events, ({ number }) => descending(number), NextToken)
    return {
      StackEvents: items.map(event => ({
        EventId: event.id,
        StackId: stack.id,
        StackName: stack.name,
        Timestamp: event.time,
        LogicalResourceId: event.logicalId,
        PhysicalResourceId: event.physicalId,
        ResourceType: event.type,
        ResourceStatus: event.status as sdk.ResourceStatus,
        ResourceStatusReason: event.reason,
      })),
      ...rest,
    }
  },

  DescribeStackResources({ StackName }, { region }) {
    const stack = stackOf(region, StackName)
    return {
      StackResources: started(stack).map(resource => ({
        ...shownResource(stack, resource),
        Timestamp: resource.updated,
      })),
    }
  },

  ListStackResources({ StackName, NextToken }, { region }) {
    const stack = stackOf(region, StackName)
    const { items, rest } = paged(started(stack), ({ plan }) => plan.logicalId, NextToken)
    return {
      StackResourceSummaries: items.map(resource => ({
        ...shownResource(stack, resource),
        LastUpdatedTimestamp: resource.updated,
      })),
      ...rest,
    }
  },

  /** Answers at once; what becomes of it is seen in the stack. */
  DeleteStack({ StackName = '' }, { region }) {
    void deleteStack(region, StackName)
    return {}
  },
} satisfies Handlers<typeof sdk>

export const cloudformation = {
  signingName: 'cloudformation',
  load: () => import('@aws-sdk/client-cloudformation'),
  client: 'CloudFormationClient',
  missingMember: 'ValidationError',
  operations: cloudformationOperations,
} satisfies ServiceDefinition
