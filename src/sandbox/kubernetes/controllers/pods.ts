import { recordEvent } from '../events.ts'
import { type KubeObject, valueAt } from '../objects.ts'
import type { ObjectStore } from '../store/store.ts'
import { type Condition, type Node, type Pod, withCondition } from '../workloads.ts'
import { type Controller, keyOf, type ObjectKey } from './controllers.ts'
import { PodAddresses } from './pod-addresses.ts'

/** Milliseconds of sandbox time. */
const startTime = 3000
const stopTime = 2000
const runTime = 4000
const pullRetry = 5000

export interface KubeletParts {
  readonly store: ObjectStore
  /** The sandbox's time. */
  now(): number
  /** Whether an image can be pulled. */
  isPullable(image: string): boolean
  /** A pod is gone from its node. */
  stopped(pod: KubeObject): void
}

/** Scheduler and kubelets: gives pods a node and an address, starts and stops their containers. */
export function podController(parts: KubeletParts): Controller {
  const { store } = parts
  const addresses = new PodAddresses(store)
  return {
    name: 'kubelet',
    watches: [{ kind: 'Pod' }, { kind: 'Node', concerns: podsFor }],
    reconcile({ name, namespace = '' }) {
      const pod = store.get<Pod>('Pod', name, namespace)
      if (pod === undefined) return undefined
      if (pod.metadata.deletionTimestamp !== undefined) return stop(pod)
      if (pod.spec.nodeName === undefined) return schedule(pod)
      if (store.get('Node', pod.spec.nodeName) === undefined) return lose(pod)
      const phase = pod.status?.phase ?? 'Pending'
      if (phase === 'Pending') return start(pod)
      return phase === 'Running' && pod.spec.restartPolicy !== 'Always' ? complete(pod) : undefined
    },
  }

  /** The pods on a node, and those that found none yet. */
  function podsFor({ metadata }: KubeObject): readonly ObjectKey[] {
    return store
      .list<Pod>('Pod')
      .filter(({ spec }) => spec.nodeName === undefined || spec.nodeName === metadata.name)
      .map(keyOf)
  }

  /** A pod goes with its node. */
  function lose(pod: Pod): undefined {
    store.delete('Pod', pod.metadata.name, pod.metadata.namespace, { graceSeconds: 0 })
    parts.stopped(pod)
  }

  function stop(pod: Pod): number | undefined {
    const grace = Math.min((pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000, stopTime)
    const left = Date.parse(pod.metadata.deletionTimestamp ?? '') + grace - parts.now()
    if (left > 0) return left
    store.finish(pod)
    parts.stopped(pod)
    return undefined
  }

  function schedule(pod: Pod): number | undefined {
    const nodes = store.list<Node>('Node').filter(node => fits(pod, node))
    const pods = store.list<Pod>('Pod')
    const load = (node: Node) => pods.filter(other => other.spec.nodeName === node.metadata.name).length
    const [node] = nodes.sort((one, other) => load(one) - load(other))
    if (node === undefined) {
      const message = `0/${store.list('Node').length} nodes are available.`
      setStatus(pod, [{ type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message }], {})
      return undefined
    }
    store.patch(
      'Pod',
      pod.metadata.name,
      pod.metadata.namespace,
      { spec: { nodeName: node.metadata.name } },
      { manager: 'kube-scheduler' },
    )
    recordEvent(store, pod, {
      type: 'Normal',
      reason: 'Scheduled',
      message: `Successfully assigned ${pod.metadata.namespace}/${pod.metadata.name} to ${node.metadata.name}`,
      component: 'default-scheduler',
    })
    return undefined
  }

  function start(pod: Pod): number | undefined {
    const begun = pod.status?.startTime
    const bad = pod.spec.containers.filter(({ image }) => !parts.isPullable(image))
    if (begun === undefined) {
      setStatus(pod, [{ type: 'PodScheduled', status: 'True' }], {
        startTime: store.now(),
        hostIP: addresses.ofNode(pod),
        containerStatuses: pod.spec.containers.map(({ name, image }) => waiting(name, image, 'ContainerCreating')),
      })
      return startTime
    }
    // Timestamps have whole seconds: the start may seem up to one earlier than it was.
    const left = Date.parse(begun) + startTime - parts.now()
    if (left > 0) return left
    if (bad.length > 0)
      return failToPull(
        pod,
        bad.map(({ image }) => image),
      )
    run(pod)
    return pod.spec.restartPolicy === 'Always' ? undefined : runTime
  }

  function failToPull(pod: Pod, images: readonly string[]): number {
    for (const image of images)
      recordEvent(store, pod, {
        type: 'Warning',
        reason: 'Failed',
        message: `Failed to pull image "${image}": not found`,
        component: 'kubelet',
      })
    setStatus(pod, [notReady('ContainersNotReady'), { ...notReady('ContainersNotReady'), type: 'ContainersReady' }], {
      containerStatuses: pod.spec.containers.map(({ name, image }) =>
        waiting(
          name,
          image,
          images.includes(image) ? 'ImagePullBackOff' : 'ContainerCreating',
          images.includes(image) ? `Back-off pulling image "${image}"` : undefined,
        ),
      ),
    })
    return pullRetry
  }

  function run(pod: Pod): void {
    const ip = pod.spec.hostNetwork ? addresses.ofNode(pod) : addresses.next(pod)
    const startedAt = store.now()
    for (const { name } of pod.spec.containers)
      recordEvent(store, pod, {
        type: 'Normal',
        reason: 'Started',
        message: `Started container ${name}`,
        component: 'kubelet',
      })
    const ready = ['PodReadyToStartContainers', 'Initialized', 'Ready', 'ContainersReady']
    setStatus(
      pod,
      ready.map(type => ({ type, status: 'True' })),
      {
        phase: 'Running',
        podIP: ip,
        podIPs: [{ ip }],
        containerStatuses: pod.spec.containers.map(({ name, image }) => ({
          name,
          image,
          imageID: image,
          containerID: `containerd://${pod.metadata.uid}`,
          ready: true,
          started: true,
          restartCount: 0,
          state: { running: { startedAt } },
          lastState: {},
        })),
      },
    )
  }

  /** Containers that aren't kept running do what they were started for, and end well. */
  function complete(pod: Pod): number | undefined {
    const left = Date.parse(pod.status?.startTime ?? '') + startTime + runTime - parts.now()
    if (left > 0) return left
    setStatus(pod, [notReady('PodCompleted'), { ...notReady('PodCompleted'), type: 'ContainersReady' }], {
      phase: 'Succeeded',
      containerStatuses: (pod.status?.containerStatuses ?? []).map(status => ({
        ...status,
        ready: false,
        state: { terminated: { exitCode: 0, reason: 'Completed', finishedAt: store.now() } },
      })),
    })
    return undefined
  }

  function setStatus(pod: Pod, conditions: readonly Condition[], status: Record<string, unknown>): void {
    const { name, namespace } = pod.metadata
    const all = conditions.reduce<readonly Condition[]>(
      (list, condition) => withCondition(list, condition, store.now()),
      pod.status?.conditions ?? [],
    )
    store.patchStatus('Pod', name, namespace, { ...status, conditions: all }, 'kubelet')
  }
}

function fits(pod: Pod, node: Node): boolean {
  if (valueAt(node.spec, 'unschedulable') === true) return false
  return Object.entries(pod.spec.nodeSelector ?? {}).every(([key, value]) => node.metadata.labels?.[key] === value)
}

const notReady = (reason: string): Condition => ({ type: 'Ready', status: 'False', reason })

const waiting = (name: string, image: string, reason: string, message?: string) => ({
  name,
  image,
  imageID: '',
  ready: false,
  started: false,
  restartCount: 0,
  state: { waiting: { reason, ...(message ? { message } : {}) } },
  lastState: {},
})
