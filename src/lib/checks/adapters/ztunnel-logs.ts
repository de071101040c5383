import { nameInArn } from '../../aws/arn.ts'
import type { EcsReader } from '../../aws/ecs.ts'
import type { LogsReader } from '../../aws/logs.ts'
import { ISTIO_NAMESPACE, ZTUNNEL_CONTAINER } from '../../config/names.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import type { ConnectionLogs, Logged } from '../context.ts'
import type { Place, Workload } from '../places.ts'
import { connectionOf } from '../ztunnel-log.ts'
import { runningPods } from './pods.ts'

/** What is read of each of the three. */
type Kubernetes = Pick<KubernetesReader, 'list' | 'logs'>
type Ecs = Pick<EcsReader, 'tasks' | 'taskDefinition'>
type CloudWatch = Pick<LogsReader, 'lastLines' | 'filter'>

/** One log that grows. */
interface Log {
  readonly name: string
  /** The newest line; undefined where there is none yet. */
  last(): Promise<string | undefined>
  /** All lines since that one, itself and more before it perhaps included. */
  since(line: string | undefined): Promise<readonly string[]>
}

interface Found {
  readonly logs: readonly Log[]
  readonly problems: readonly string[]
}

/**
 * The access logs of the ztunnels: on EKS of the node's pod, on ECS the stream of the task's own container in
 * CloudWatch. A log is followed from its newest line on, so no clock of ours is compared with one of theirs.
 */
export class ZtunnelLogs implements ConnectionLogs {
  readonly #kubernetes: Kubernetes
  readonly #ecs: Ecs
  readonly #cloudWatch: CloudWatch

  constructor(kubernetes: Kubernetes, ecs: Ecs, cloudWatch: CloudWatch) {
    this.#kubernetes = kubernetes
    this.#ecs = ecs
    this.#cloudWatch = cloudWatch
  }

  async follow(places: readonly Place[]): Promise<() => Promise<Logged>> {
    const found = await Promise.all(places.map(place => this.#logsOf(place)))
    // The pods of one node share its ztunnel.
    const logs = new Map(found.flatMap(({ logs }) => logs).map(log => [log.name, log]))
    const problems = new Set(found.flatMap(({ problems }) => problems))
    const followed = await Promise.all([...logs.values()].map(log => followOne(log, problems)))
    return async () => {
      const failed = new Set(problems)
      const lines = await Promise.all(followed.map(read => read(failed)))
      return { connections: lines.flat().flatMap(line => connectionOf(line) ?? []), problems: [...failed] }
    }
  }

  async #logsOf({ name, workload }: Place): Promise<Found> {
    if (!workload) return { logs: [], problems: [] }
    try {
      return workload.kind === 'pod' ? await this.#ofNodes(name, workload) : await this.#ofTasks(name, workload)
    } catch (error) {
      return { logs: [], problems: [unreadable(`the ztunnel of ${name}`, error)] }
    }
  }

  async #ofNodes(name: string, workload: Extract<Workload, { kind: 'pod' }>): Promise<Found> {
    const pods = await runningPods(this.#kubernetes, workload)
    const nodes = new Set(pods.map(({ spec }) => spec?.nodeName))
    const ztunnels = await runningPods(this.#kubernetes, {
      kind: 'pod',
      namespace: ISTIO_NAMESPACE,
      selector: 'app=ztunnel',
      container: 'istio-proxy',
    })
    const logs = ztunnels
      .filter(({ spec }) => nodes.has(spec?.nodeName))
      .map(({ metadata }) => podLog(this.#kubernetes, metadata.name))
    return { logs, problems: logs.length > 0 ? [] : [`no ztunnel runs on the node of ${name}`] }
  }

  async #ofTasks(name: string, { cluster, service }: Extract<Workload, { kind: 'task' }>): Promise<Found> {
    const tasks = await this.#ecs.tasks(cluster, { service })
    const found = await Promise.all(
      tasks.map(async ({ taskArn = '', taskDefinitionArn = '' }) => {
        const revision = await this.#ecs.taskDefinition(taskDefinitionArn)
        const containers = revision?.taskDefinition.containerDefinitions ?? []
        const ztunnel = containers.find(container => container.name === ZTUNNEL_CONTAINER)
        if (!ztunnel) return `${name} has no ztunnel: it is not enrolled`
        const options = ztunnel.logConfiguration?.options ?? {}
        const [group, prefix] = [options['awslogs-group'], options['awslogs-stream-prefix']]
        if (group === undefined || prefix === undefined) return `the ztunnel of ${name} does not log to CloudWatch`
        return streamLog(this.#cloudWatch, group, `${prefix}/${ZTUNNEL_CONTAINER}/${nameInArn(taskArn)}`)
      }),
    )
    return {
      logs: found.filter(log => typeof log !== 'string'),
      problems: found.length > 0 ? found.filter(log => typeof log === 'string') : [`no task of ${name} runs`],
    }
  }
}

/** Reads what is logged from now on; whatever fails is added to the problems. */
async function followOne(
  log: Log,
  problems: Set<string>,
): Promise<(problems: Set<string>) => Promise<readonly string[]>> {
  let last: string | undefined
  try {
    last = await log.last()
  } catch (error) {
    problems.add(unreadable(log.name, error))
    return async () => []
  }
  return async failed => {
    try {
      const lines = await log.since(last)
      return last === undefined ? lines : lines.slice(lines.lastIndexOf(last) + 1)
    } catch (error) {
      failed.add(unreadable(log.name, error))
      return []
    }
  }
}

function podLog(kubernetes: Kubernetes, pod: string): Log {
  const where = { namespace: ISTIO_NAMESPACE, pod }
  const read = async (options: { tailLines?: number; sinceTime?: string }) =>
    (await kubernetes.logs({ ...where, ...options })).split('\n').filter(line => line !== '')
  return {
    name: `the log of pod ${ISTIO_NAMESPACE}/${pod}`,
    last: async () => (await read({ tailLines: 1 })).at(-1),
    since: line => {
      const time = timeIn(line)
      return read(time === undefined ? {} : { sinceTime: time })
    },
  }
}

/** ztunnel's own time of a line, cut to the second: that is how finely Kubernetes can be asked. */
function timeIn(line: string | undefined): string | undefined {
  const second = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d/.exec(line ?? '')?.[0]
  return second === undefined ? undefined : `${second}Z`
}

function streamLog(cloudWatch: CloudWatch, group: string, stream: string): Log {
  let at = 0
  return {
    name: `the stream ${stream} of log group ${group}`,
    last: async () => {
      const [newest] = await cloudWatch.lastLines(group, stream, 1)
      at = newest?.at ?? 0
      return newest?.message
    },
    since: async () => {
      const lines = await cloudWatch.filter(group, { since: at, streamPrefix: stream })
      return lines.map(({ message }) => message)
    },
  }
}

const unreadable = (what: string, error: unknown): string =>
  `${what} can't be read: ${error instanceof Error ? error.message : String(error)}`
