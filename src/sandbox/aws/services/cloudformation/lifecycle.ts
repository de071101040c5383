import { uuid } from '../../ids.ts'
import type { Region } from '../../region.ts'
import type { Tags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import { findStack, type ResourcePlan, type Stack, type StackEvent, type StackResource } from './state.ts'

/** Milliseconds of sandbox time. */
const TIMES = {
  /** What each resource takes besides its own time. */
  resource: 2_000,
  /** How long a deletion is tried again while something depends on the resource. */
  dependency: 240_000,
  retry: 20_000,
} as const

/**
 * Creates a stack: its resources in their order. It goes on by itself, whoever asked for it.
 *
 * @throws AwsError `AlreadyExistsException`
 */
export function createStack(
  region: Region,
  { name, tags, resources }: { name: string; tags: Tags; resources: readonly ResourcePlan[] },
): Stack {
  if (findStack(region.cloudformation, name) !== undefined)
    throw new AwsError('AlreadyExistsException', `Stack [${name}] already exists`)
  const created = new Date(region.clock.now())
  const stack: Stack = {
    id: `arn:${region.partition}:cloudformation:${region.name}:${region.account}:stack/${name}/${uuid()}`,
    name,
    status: 'CREATE_IN_PROGRESS',
    reason: undefined,
    created,
    deleted: undefined,
    tags,
    resources: resources.map(plan => ({
      plan,
      physicalId: undefined,
      status: 'CREATE_PENDING',
      reason: undefined,
      updated: created,
    })),
    events: [],
    creation: Promise.resolve(),
    deletion: undefined,
  }
  region.cloudformation.stacks.set(stack.id, stack)
  setStack(region, stack, 'CREATE_IN_PROGRESS', 'User Initiated')
  stack.creation = createResources(region, stack)
  return stack
}

async function createResources(region: Region, stack: Stack): Promise<void> {
  for (const resource of stack.resources) {
    if (stack.status !== 'CREATE_IN_PROGRESS') return
    setResource(region, stack, resource, 'CREATE_IN_PROGRESS')
    try {
      await region.clock.sleep(TIMES.resource)
      resource.physicalId = await resource.plan.create()
      setResource(region, stack, resource, 'CREATE_COMPLETE')
    } catch (error) {
      setResource(region, stack, resource, 'CREATE_FAILED', reasonOf(error))
      setStack(
        region,
        stack,
        'CREATE_FAILED',
        `The following resource(s) failed to create: [${resource.plan.logicalId}].`,
      )
      return
    }
  }
  if (stack.status === 'CREATE_IN_PROGRESS') setStack(region, stack, 'CREATE_COMPLETE')
}

/**
 * Deletes a stack: its resources, the last first. One that something still depends on is tried again for a while.
 * A stack that isn't there is no error.
 *
 * @returns the stack, when it is gone or has failed to go
 */
export async function deleteStack(region: Region, nameOrId: string): Promise<Stack | undefined> {
  const stack = findStack(region.cloudformation, nameOrId)
  if (stack === undefined || stack.status === 'DELETE_COMPLETE') return stack
  stack.deletion ??= deleteResources(region, stack).finally(() => {
    stack.deletion = undefined
  })
  await stack.deletion
  return stack
}

async function deleteResources(region: Region, stack: Stack): Promise<void> {
  setStack(region, stack, 'DELETE_IN_PROGRESS', 'User Initiated')
  await stack.creation
  for (const resource of stack.resources.toReversed()) {
    const failure = await removeResource(region, stack, resource)
    if (failure === undefined) continue
    const reason = `The following resource(s) failed to delete: [${resource.plan.logicalId}].`
    return setStack(region, stack, 'DELETE_FAILED', reason)
  }
  stack.deleted = new Date(region.clock.now())
  setStack(region, stack, 'DELETE_COMPLETE')
}

async function removeResource(region: Region, stack: Stack, resource: StackResource): Promise<string | undefined> {
  const { physicalId } = resource
  if (physicalId === undefined || resource.status === 'DELETE_COMPLETE') return undefined
  setResource(region, stack, resource, 'DELETE_IN_PROGRESS')
  const giveUpAt = region.clock.now() + TIMES.dependency
  for (;;) {
    await region.clock.sleep(TIMES.resource)
    try {
      await resource.plan.remove(physicalId)
      setResource(region, stack, resource, 'DELETE_COMPLETE')
      return undefined
    } catch (error) {
      if (region.clock.now() >= giveUpAt) {
        setResource(region, stack, resource, 'DELETE_FAILED', reasonOf(error))
        return reasonOf(error)
      }
      await region.clock.sleep(TIMES.retry)
    }
  }
}

/** A service's refusal, as CloudFormation quotes it. */
function reasonOf(error: unknown): string {
  if (!(error instanceof AwsError)) throw error
  return `Resource handler returned message: "${error.message} (Service: Ec2, Status Code: ${error.status ?? 400}, Request ID: ${uuid()})" (HandlerErrorCode: InvalidRequest)`
}

function setStack(region: Region, stack: Stack, status: string, reason?: string): void {
  stack.status = status
  stack.reason = reason
  record(region, stack, {
    logicalId: stack.name,
    physicalId: stack.id,
    type: 'AWS::CloudFormation::Stack',
    status,
    reason,
  })
}

function setResource(region: Region, stack: Stack, resource: StackResource, status: string, reason?: string): void {
  resource.status = status
  resource.reason = reason
  resource.updated = new Date(region.clock.now())
  const { logicalId, type } = resource.plan
  record(region, stack, { logicalId, physicalId: resource.physicalId ?? '', type, status, reason })
}

function record({ clock }: Region, stack: Stack, event: Omit<StackEvent, 'id' | 'number' | 'time'>): void {
  stack.events.unshift({ ...event, id: uuid(), number: stack.events.length, time: new Date(clock.now()) })
}
