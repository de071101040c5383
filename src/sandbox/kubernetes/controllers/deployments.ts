import { createHash } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { recordEvent } from '../events.ts'
import { clone, controllerOf, controllerReference, type KubeObject } from '../objects.ts'
import type { ObjectStore } from '../store/store.ts'
import { type Condition, type Deployment, type PodTemplate, type ReplicaSet, withCondition } from '../workloads.ts'
import { type Controller, type ObjectKey, ownerOfKind } from './controllers.ts'

const hashLabel = 'pod-template-hash'
const revisionAnnotation = 'deployment.kubernetes.io/revision'
const manager = 'kube-controller-manager'

/** Rolls Deployments out: a ReplicaSet for each pod template, the newest filled while the older ones are emptied. */
export function deploymentController(store: ObjectStore, now: () => number): Controller {
  return {
    name: 'deployment-controller',
    watches: [
      { kind: 'Deployment' },
      { kind: 'ReplicaSet', concerns: ownerOfKind('Deployment') },
      { kind: 'Pod', concerns: deploymentOf },
    ],
    reconcile({ name, namespace = '' }) {
      const deployment = store.get<Deployment>('Deployment', name, namespace)
      if (deployment === undefined || deployment.metadata.deletionTimestamp !== undefined) return undefined
      if (deployment.spec.paused !== true) roll(deployment)
      return writeStatus(deployment)
    },
  }

  /** By way of the ReplicaSet: pods that end let a Deployment that recreates them go on. */
  function deploymentOf(pod: KubeObject): readonly ObjectKey[] {
    return ownerOfKind('ReplicaSet')(pod).flatMap(({ name, namespace }) => {
      const set = store.get('ReplicaSet', name, namespace)
      return set === undefined ? [] : ownerOfKind('Deployment')(set)
    })
  }

  function hasPods(set: ReplicaSet): boolean {
    const pods = store.list('Pod', { namespace: set.metadata.namespace ?? '' })
    return pods.some(pod => controllerOf(pod)?.uid === set.metadata.uid)
  }

  function roll(deployment: Deployment): void {
    const sets = replicaSetsOf(store, deployment)
    const old = sets.filter(set => !hasTemplate(set, deployment.spec.template))
    const oldReplicas = sum(old, set => set.spec.replicas)
    const current = sets.find(set => hasTemplate(set, deployment.spec.template))
    const { replicas, strategy } = deployment.spec
    const recreates = strategy.type === 'Recreate'
    const emptied = !old.some(hasPods)
    const limit = replicas + surgeOf(deployment)
    const wanted = recreates
      ? emptied
        ? replicas
        : 0
      : Math.min(replicas, Math.max(limit - oldReplicas, current?.spec.replicas ?? 0))
    const fresh = current === undefined ? createSet(deployment, sets, wanted) : scale(current, wanted)
    markRevision(deployment, fresh)

    // As many old pods may go as leave enough available ones.
    const available = fresh.status?.availableReplicas ?? 0
    let keep = recreates ? 0 : Math.max(0, replicas - unavailableOf(deployment) - available)
    for (const set of old) {
      const kept = Math.min(set.spec.replicas, keep)
      keep -= kept
      scale(set, kept)
    }
    const history = old.filter(set => set.spec.replicas === 0 && (set.status?.replicas ?? 0) === 0)
    for (const set of history
      .toSorted(byRevision)
      .slice(0, Math.max(0, history.length - deployment.spec.revisionHistoryLimit)))
      store.delete('ReplicaSet', set.metadata.name, set.metadata.namespace)
  }

  function createSet(deployment: Deployment, others: readonly ReplicaSet[], replicas: number): ReplicaSet {
    const { name, namespace = '', annotations } = deployment.metadata
    const template = clone(deployment.spec.template)
    const hash = createHash('sha256').update(JSON.stringify(template)).digest('hex').slice(0, 10)
    const labels = { ...template.metadata?.labels, [hashLabel]: hash }
    const revision = String(Math.max(0, ...others.map(revisionOf)) + 1)
    const set = store.create(
      {
        apiVersion: 'apps/v1',
        kind: 'ReplicaSet',
        metadata: {
          name: `${name}-${hash}`,
          namespace,
          labels,
          annotations: { ...withoutLastApplied(annotations), [revisionAnnotation]: revision },
          ownerReferences: [controllerReference(deployment)],
        },
        spec: {
          replicas,
          selector: {
            ...deployment.spec.selector,
            matchLabels: { ...deployment.spec.selector.matchLabels, [hashLabel]: hash },
          },
          template: { ...template, metadata: { ...template.metadata, labels } },
        },
      },
      { manager },
    )
    recordEvent(store, deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled up replica set ${set.metadata.name} from 0 to ${replicas}`,
      component: 'deployment-controller',
    })
    return set as ReplicaSet
  }

  function scale(set: ReplicaSet, replicas: number): ReplicaSet {
    if (set.spec.replicas === replicas) return set
    return store.patch(
      'ReplicaSet',
      set.metadata.name,
      set.metadata.namespace,
      { spec: { replicas } },
      { manager },
    ) as ReplicaSet
  }

  /** Rolling back to an old template makes its ReplicaSet the newest revision. */
  function markRevision(deployment: Deployment, current: ReplicaSet): void {
    const others = replicaSetsOf(store, deployment).filter(set => set.metadata.uid !== current.metadata.uid)
    const newest = Math.max(0, ...others.map(revisionOf))
    const revision = String(Math.max(revisionOf(current), newest + 1))
    const annotations = { [revisionAnnotation]: revision }
    if (current.metadata.annotations?.[revisionAnnotation] !== revision)
      store.patch(
        'ReplicaSet',
        current.metadata.name,
        current.metadata.namespace,
        { metadata: { annotations } },
        { manager },
      )
    if (deployment.metadata.annotations?.[revisionAnnotation] !== revision)
      store.patch(
        'Deployment',
        deployment.metadata.name,
        deployment.metadata.namespace,
        { metadata: { annotations } },
        { manager },
      )
  }

  /** Milliseconds until the deadline of a rollout that is under way. */
  function writeStatus(deployment: Deployment): number | undefined {
    const { name, namespace } = deployment.metadata
    const sets = replicaSetsOf(store, deployment)
    const current = sets.find(set => hasTemplate(set, deployment.spec.template))
    const total = sum(sets, set => set.status?.replicas ?? 0)
    const updated = current?.status?.replicas ?? 0
    const ready = sum(sets, set => set.status?.readyReplicas ?? 0)
    const available = sum(sets, set => set.status?.availableReplicas ?? 0)
    const { replicas } = deployment.spec
    const complete =
      updated === replicas && total === replicas && (current?.status?.availableReplicas ?? 0) === replicas
    const progress = progressing(deployment, current, complete)
    const conditions = [availability(deployment, available), progress.condition].reduce<Condition[]>(
      (list, condition) => withCondition(list, condition, store.now()),
      deployment.status?.conditions ?? [],
    )
    const count = (value: number) => (value === 0 ? null : value)
    store.patchStatus(
      'Deployment',
      name,
      namespace,
      {
        observedGeneration: deployment.metadata.generation,
        replicas: count(total),
        updatedReplicas: count(updated),
        readyReplicas: count(ready),
        availableReplicas: count(available),
        unavailableReplicas: count(Math.max(0, Math.max(total, replicas) - available)),
        conditions: stamped(deployment.status?.conditions ?? [], conditions),
      },
      manager,
    )
    return progress.deadline
  }

  /** When a condition's reason or message changes, so does its update time: rollouts are timed by it. */
  function stamped(before: readonly Condition[], after: readonly Condition[]): unknown[] {
    return after.map(condition => {
      const { lastUpdateTime, ...was }: Condition & { lastUpdateTime?: string } =
        before.find(one => one.type === condition.type) ?? condition
      const same = isDeepStrictEqual(was, condition)
      return { ...condition, lastUpdateTime: same ? (lastUpdateTime ?? store.now()) : store.now() }
    })
  }

  function progressing(
    deployment: Deployment,
    current: ReplicaSet | undefined,
    complete: boolean,
  ): { condition: Condition; deadline?: number } {
    const before = deployment.status?.conditions?.find(one => one.type === 'Progressing')
    const set = current?.metadata.name ?? ''
    if (complete)
      return {
        condition: {
          type: 'Progressing',
          status: 'True',
          reason: 'NewReplicaSetAvailable',
          message: `ReplicaSet "${set}" has successfully progressed.`,
        },
      }
    const created = Date.parse(current?.metadata.creationTimestamp ?? store.now())
    const deadline = created + deployment.spec.progressDeadlineSeconds * 1000 - now()
    if (deadline <= 0 && before?.reason !== 'NewReplicaSetAvailable')
      return {
        condition: {
          type: 'Progressing',
          status: 'False',
          reason: 'ProgressDeadlineExceeded',
          message: `ReplicaSet "${set}" has timed out progressing.`,
        },
      }
    const condition: Condition = {
      type: 'Progressing',
      status: 'True',
      reason: 'ReplicaSetUpdated',
      message: `ReplicaSet "${set}" is progressing.`,
    }
    return deadline > 0 ? { condition, deadline } : { condition }
  }
}

function availability(deployment: Deployment, available: number): Condition {
  const enough = available >= deployment.spec.replicas - unavailableOf(deployment)
  return enough
    ? {
        type: 'Available',
        status: 'True',
        reason: 'MinimumReplicasAvailable',
        message: 'Deployment has minimum availability.',
      }
    : {
        type: 'Available',
        status: 'False',
        reason: 'MinimumReplicasUnavailable',
        message: 'Deployment does not have minimum availability.',
      }
}

function replicaSetsOf(store: ObjectStore, deployment: Deployment): ReplicaSet[] {
  return store
    .list<ReplicaSet>('ReplicaSet', { namespace: deployment.metadata.namespace ?? '' })
    .filter(set => controllerOf(set)?.uid === deployment.metadata.uid)
}

function hasTemplate(set: ReplicaSet, template: PodTemplate): boolean {
  const { [hashLabel]: _, ...labels } = set.spec.template.metadata?.labels ?? {}
  const { labels: wanted = {}, ...metadata } = template.metadata ?? {}
  const { labels: __, ...own } = set.spec.template.metadata ?? {}
  return (
    isDeepStrictEqual(labels, wanted) &&
    isDeepStrictEqual(own, metadata) &&
    isDeepStrictEqual(set.spec.template.spec, template.spec)
  )
}

const revisionOf = (set: ReplicaSet) => Number(set.metadata.annotations?.[revisionAnnotation] ?? 0)
const byRevision = (one: ReplicaSet, other: ReplicaSet) => revisionOf(one) - revisionOf(other)
const sum = <T>(items: readonly T[], value: (item: T) => number) =>
  items.reduce((total, item) => total + value(item), 0)

/** Pods beyond the wanted number: `25%` counts up. */
const surgeOf = ({ spec }: Deployment) => part(spec.strategy.rollingUpdate?.maxSurge ?? 1, spec.replicas, Math.ceil)
/** Pods that may be missing: `25%` counts down; one may, where none may be too many. */
function unavailableOf(deployment: Deployment): number {
  const { spec } = deployment
  const wanted = part(spec.strategy.rollingUpdate?.maxUnavailable ?? 0, spec.replicas, Math.floor)
  return wanted === 0 && surgeOf(deployment) === 0 ? 1 : Math.min(wanted, spec.replicas)
}

function part(value: number | string, of: number, round: (value: number) => number): number {
  return typeof value === 'number' ? value : round((Number.parseInt(value, 10) / 100) * of)
}

function withoutLastApplied(annotations: Record<string, string> = {}): Record<string, string> {
  const { 'kubectl.kubernetes.io/last-applied-configuration': _, ...kept } = annotations
  return kept
}
