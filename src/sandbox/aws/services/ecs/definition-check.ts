import type { ContainerDefinition, RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs'
import { clientError } from './lookup.ts'

const FAMILY = /^[\w-]{1,255}$/
const GIB = 1024

const steps = (from: number, to: number, by: number): number[] =>
  Array.from({ length: (to - from) / by + 1 }, (_, index) => from + index * by)

/** The memory in MiB that Fargate offers for each number of CPU units. */
const FARGATE_MEMORY: Readonly<Record<string, readonly number[]>> = {
  '256': [512, GIB, 2 * GIB],
  '512': steps(GIB, 4 * GIB, GIB),
  '1024': steps(2 * GIB, 8 * GIB, GIB),
  '2048': steps(4 * GIB, 16 * GIB, GIB),
  '4096': steps(8 * GIB, 30 * GIB, GIB),
  '8192': steps(16 * GIB, 60 * GIB, 4 * GIB),
  '16384': steps(32 * GIB, 120 * GIB, 8 * GIB),
}

type Request = Omit<RegisterTaskDefinitionRequest, 'tags'>

/** @throws AwsError `ClientException` for what ECS would not register */
export function checkDefinition(request: Request): void {
  const containers = request.containerDefinitions ?? []
  if (!FAMILY.test(request.family ?? ''))
    throw clientError('Family contains invalid characters when it should only contain: a-z A-Z 0-9 - _')
  if (containers.length === 0) throw clientError('Container list cannot be empty.')
  checkContainers(containers)
  if (request.requiresCompatibilities?.includes('FARGATE')) checkFargate(request, containers)
}

function checkContainers(containers: readonly ContainerDefinition[]): void {
  const names = new Set(containers.map(({ name }) => name))
  if (names.size < containers.length) throw clientError('Container names must be unique within a task definition.')
  if (containers.every(({ essential }) => essential === false))
    throw clientError('At least one container must be marked essential.')
  for (const { name, image, dependsOn } of containers) {
    if (!name) throw clientError('Container.name should not be null or empty.')
    if (!image) throw clientError('Container.image should not be null or empty.')
    const unknown = dependsOn?.find(({ containerName }) => !names.has(containerName))
    if (unknown) throw clientError(`Container ${name} depends on the unknown container ${unknown.containerName}.`)
  }
}

function checkFargate(
  { cpu, memory, networkMode, executionRoleArn }: Request,
  containers: ContainerDefinition[],
): void {
  if (networkMode !== 'awsvpc') throw clientError('Fargate only supports network mode ‘awsvpc’.')
  if (cpu === undefined) throw clientError("Fargate requires that 'cpu' be defined at the task level.")
  if (memory === undefined) throw clientError("Fargate requires that 'memory' be defined at the task level.")
  if (!FARGATE_MEMORY[cpu]?.includes(Number(memory)))
    throw clientError(`No Fargate configuration exists for given values: ${cpu} CPU, ${memory} memory.`)
  const logs = containers.find(({ logConfiguration }) => logConfiguration?.logDriver === 'awslogs')
  if (logs && executionRoleArn === undefined)
    throw clientError('Fargate requires task definition to have execution role ARN to support log driver awslogs.')
}
