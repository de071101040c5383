import { createHash } from 'node:crypto'
import { controllerOf } from '../objects.ts'
import { randomSuffix } from '../store/completion.ts'
import type { ObjectStore } from '../store/store.ts'
import { type DaemonSet, isReady, type Node, type Pod } from '../workloads.ts'
import { type Controller, ownerOfKind } from './controllers.ts'
import { createPod, podsOf } from './replica-sets.ts'

const revisionLabel = 'controller-revision-hash'

/** Keeps one pod of each DaemonSet on every node, and replaces them node by node when the template changes. */
export function daemonSetController(store: ObjectStore): Controller {
  const everyDaemonSet = () =>
    store.list('DaemonSet').map(({ metadata }) => ({ name: metadata.name, namespace: metadata.namespace }))
  return {
    name: 'daemonset-controller',
    watches: [
      { kind: 'DaemonSet' },
      { kind: 'Pod', concerns: ownerOfKind('DaemonSet') },
      { kind: 'Node', concerns: everyDaemonSet },
    ],
    reconcile({ name, namespace = '' }) {
      const set = store.get<DaemonSet>('DaemonSet', name, namespace)
      if (set === undefined || set.metadata.deletionTimestamp !== undefined) return
      const nodes = store.list<Node>('Node').filter(node => isWanted(set, node))
      const hash = createHash('sha256').update(JSON.stringify(set.spec.template)).digest('hex').slice(0, 10)
      place(set, nodes, hash)
      writeStatus(set, nodes, hash)
    },
  }

  function place(set: DaemonSet, nodes: readonly Node[], hash: string): void {
    const { namespace = '' } = set.metadata
    // A pod that is going still holds its node.
    const all = store.list<Pod>('Pod', { namespace }).filter(pod => controllerOf(pod)?.uid === set.metadata.uid)
    const on = (node: string) => all.filter(pod => pod.spec.nodeName === node)
    const template = {
      ...set.spec.template,
      metadata: {
        ...set.spec.template.metadata,
        labels: { ...set.spec.template.metadata?.labels, [revisionLabel]: hash },
      },
    }
    for (const { metadata } of nodes)
      if (on(metadata.name).length === 0)
        createPod(store, set, `${set.metadata.name}-${randomSuffix()}`, template, { nodeName: metadata.name })
    const stray = all.filter(pod => !nodes.some(node => node.metadata.name === pod.spec.nodeName))
    for (const pod of stray) remove(pod)
    const outdated = all.filter(pod => pod.metadata.labels?.[revisionLabel] !== hash)
    const settled = all.length === nodes.length && all.every(isReady)
    const [next] = outdated
    // One at a time, except those that don't serve anyway.
    for (const pod of outdated) if (!isReady(pod) || (settled && pod === next)) remove(pod)
  }

  function remove(pod: Pod): void {
    if (pod.metadata.deletionTimestamp === undefined) store.delete('Pod', pod.metadata.name, pod.metadata.namespace)
  }

  function writeStatus(set: DaemonSet, nodes: readonly Node[], hash: string): void {
    const pods = podsOf(store, set)
    const ready = pods.filter(isReady).length
    store.patchStatus(
      'DaemonSet',
      set.metadata.name,
      set.metadata.namespace,
      {
        desiredNumberScheduled: nodes.length,
        currentNumberScheduled: pods.length,
        numberMisscheduled: 0,
        numberReady: ready,
        numberAvailable: ready,
        numberUnavailable: nodes.length - ready || null,
        updatedNumberScheduled: pods.filter(pod => pod.metadata.labels?.[revisionLabel] === hash).length,
        observedGeneration: set.metadata.generation,
      },
      'kube-controller-manager',
    )
  }
}

const isWanted = (set: DaemonSet, node: Node) =>
  Object.entries(set.spec.template.spec.nodeSelector ?? {}).every(
    ([key, value]) => node.metadata.labels?.[key] === value,
  )
