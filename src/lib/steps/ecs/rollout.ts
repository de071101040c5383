import type { ContainerDefinition, Task } from '@aws-sdk/client-ecs'
import { nameInArn } from '../../aws/arn.ts'
import type { LogsReader } from '../../aws/logs.ts'
import { Failure } from '../../engine/failure.ts'
import { eventsOf, primaryOf, type ServiceView } from './steadiness.ts'

const EVENTS = 3
const LOG_LINES = 5

/** What is known to help, by what ECS says. */
const ADVICE: readonly { readonly says: RegExp; readonly advice: string }[] = [
  {
    says: /CannotPullContainer|pull image/i,
    advice: 'Does the image exist, and do the private subnets reach its registry (NAT gateway, port 443)?',
  },
  { says: /unable to assume/i, advice: 'Do the roles trust ecs-tasks.amazonaws.com? ecs-ambient iam ensure' },
  { says: /log (group|stream)|awslogs/i, advice: 'Is the log group there? ecs-ambient ecs deploy' },
  { says: /exec format error/i, advice: "The image is for another processor than the task's, X86_64." },
  {
    says: /limit|capacity|quota/i,
    advice: 'The account has reached a Fargate limit, or the zone is full: see Service Quotas.',
  },
]

/** The failure of a rollout that will never succeed, with all that ECS and the containers say about it. */
export async function rolloutFailed(
  logs: LogsReader,
  { cluster, service }: { readonly cluster: string; readonly service: string },
  view: ServiceView,
  reason: string,
): Promise<Failure> {
  const { why, suggestions } = await rolloutEvidence(logs, view)
  return new Failure({
    code: 'ROLLOUT_FAILED',
    message: `ECS service ${service} can't be rolled out: ${reason}`,
    why,
    stands: [`ECS service ${cluster}/${service}: what runs of it goes on running and costs money`],
    suggestions: [
      ...suggestions,
      `aws ecs describe-services --cluster ${cluster} --services ${service}`,
      'Run the same command again once the cause is gone: it starts a new deployment.',
    ],
  })
}

/** Service events, stopped reasons and last log lines, and what is known to help. */
export async function rolloutEvidence(
  logs: LogsReader,
  { service, stopped: all, definition }: ServiceView,
): Promise<{ why: readonly string[]; suggestions: readonly string[] }> {
  if (service === undefined) return { why: [], suggestions: [] }
  const primary = primaryOf(service)
  const stopped = newestFirst(all.filter(({ startedBy }) => startedBy === primary?.id))
  const lines = await lastLines(logs, stopped[0], definition?.containerDefinitions ?? [])
  const why = [
    ...eventsOf(service, primary)
      .slice(0, EVENTS)
      .flatMap(({ message }) => message ?? []),
    ...new Set(stopped.flatMap(reasonsOf)),
    ...lines,
  ]
  return { why, suggestions: ADVICE.flatMap(({ says, advice }) => (why.some(line => says.test(line)) ? [advice] : [])) }
}

const newestFirst = (stopped: readonly Task[]): readonly Task[] =>
  stopped.toSorted((a, b) => Number(b.stoppedAt ?? 0) - Number(a.stoppedAt ?? 0))

/** Why the task that stopped last did so; none where none did. */
export const lastStoppedReasons = (stopped: readonly Task[]): readonly string[] =>
  newestFirst(stopped).slice(0, 1).flatMap(reasonsOf)

function reasonsOf({ stoppedReason, containers = [] }: Task): readonly string[] {
  return [
    ...(stoppedReason ? [stoppedReason] : []),
    ...containers.flatMap(({ name, reason, exitCode }) => {
      if (reason === undefined && (exitCode ?? 0) === 0) return []
      const code = exitCode === undefined ? '' : ` exited with ${exitCode}`
      return [`container ${name}${code}${reason ? `: ${reason}` : ''}`]
    }),
  ]
}

async function lastLines(
  logs: LogsReader,
  task: Task | undefined,
  containers: readonly ContainerDefinition[],
): Promise<readonly string[]> {
  const id = nameInArn(task?.taskArn)
  if (id === '') return []
  const lines = await Promise.all(
    containers.map(async ({ name, logConfiguration }) => {
      const { 'awslogs-group': group, 'awslogs-stream-prefix': prefix } = logConfiguration?.options ?? {}
      if (group === undefined || prefix === undefined) return []
      const last = await logs.lastLines(group, `${prefix}/${name}/${id}`, LOG_LINES)
      return last.map(({ message }) => `${name} | ${message}`)
    }),
  )
  return lines.flat()
}
