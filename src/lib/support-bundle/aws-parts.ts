import type { LogsReader } from '../aws/logs.ts'
import { logGroupName } from '../config/names.ts'
import { stacksOf } from '../steps/cluster/observe.ts'
import { type BundleFile, json, LOG_LINES, LOGS, type Part } from './part.ts'

/** Events of one stack that are kept, the newest. */
const STACK_EVENTS = 200

export const awsParts: readonly Part[] = [
  {
    name: 'caller',
    collect: async ({ clients }) => [json('aws/caller.json', await clients.aws.sts.caller())],
  },
  {
    name: 'eks',
    collect: async ({ clients, settings }) => [
      json('aws/eks-cluster.json', (await clients.aws.eks.cluster(settings.clusterName)) ?? null),
    ],
  },
  {
    name: 'ecs',
    collect: async ({ clients, settings }) => {
      const { ecs } = clients.aws
      return Promise.all(
        settings.ecsClusters.map(async ({ name, services }) => {
          const named = services.map(service => service.name)
          const [cluster, seen, running, stopped] = await Promise.all([
            ecs.cluster(name),
            ecs.services(name, named),
            ecs.tasks(name),
            ecs.tasks(name, { status: 'STOPPED' }),
          ])
          const revisions = [...new Set(seen.flatMap(({ taskDefinition }) => taskDefinition ?? []))]
          const taskDefinitions = await Promise.all(revisions.map(arn => ecs.taskDefinition(arn)))
          return json(`aws/ecs/${name}.json`, {
            cluster: cluster ?? null,
            services: seen,
            tasks: [...running, ...stopped],
            taskDefinitions: taskDefinitions.flatMap(found => found?.taskDefinition ?? []),
          })
        }),
      )
    },
  },
  {
    name: 'task logs',
    collect: async ({ clients, settings }) => {
      const files = settings.ecsClusters.map(({ name }) => logsOf(clients.aws.logs, logGroupName(name)))
      return (await Promise.all(files)).flat()
    },
  },
  {
    name: 'cloudformation',
    collect: async ({ clients, settings }) => {
      const stacks = await stacksOf(clients, settings.clusterName)
      return Promise.all(
        stacks.map(async ({ name }) => {
          const events = await clients.aws.cloudFormation.events(name)
          return json(`aws/cloudformation/${name}.json`, events.slice(0, STACK_EVENTS))
        }),
      )
    },
  },
]

/** The newest lines of the newest streams of a log group: the tasks' containers, ztunnel among them. */
async function logsOf(logs: LogsReader, group: string): Promise<readonly BundleFile[]> {
  const streams = (await logs.streams(group, ''))
    .toSorted((a, b) => Number(b.lastEventTimestamp ?? 0) - Number(a.lastEventTimestamp ?? 0))
    .flatMap(({ logStreamName }) => logStreamName ?? [])
    .slice(0, LOGS)
  return Promise.all(
    streams.map(async stream => {
      const lines = await logs.lastLines(group, stream, LOG_LINES)
      const text = lines.map(({ at, message }) => `${new Date(at).toISOString()} ${message.trimEnd()}\n`).join('')
      return { path: `aws/logs${group}/${stream.replaceAll('/', '_')}.log`, text }
    }),
  )
}
