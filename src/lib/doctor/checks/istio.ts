import type { DaemonSet, Deployment, Pod } from '../../kubernetes/objects.ts'
import { conditionOf } from '../../kubernetes/objects.ts'
import { daemonSetLags, deploymentLags } from '../../steps/workloads.ts'
import { type AnyCheck, type Check, counted, failed, notApplicable, ok, some } from '../check.ts'
import type { Node } from '../facts/kubernetes.ts'
import { isReady } from './kubernetes.ts'

export const istiodCheck: Check<Deployment | undefined> = {
  code: 'EA1301',
  area: 'istio',
  title: 'istiod is available',
  when: 'after',
  read: ({ kubernetes }) => kubernetes.istiod(),
  judge: istiod => {
    if (istiod === undefined) return failed('istiod is not installed', 'ecs-ambient istio install')
    if (istiod.spec?.replicas === 0) {
      return failed('it is scaled to none', 'kubectl -n istio-system scale deployment istiod --replicas 1')
    }
    const lags = deploymentLags(istiod)
    const [image = 'unknown'] = istiod.spec?.template?.spec?.containers?.map(container => container.image ?? '') ?? []
    return lags === undefined ? ok(image) : failed(lags, 'kubectl -n istio-system describe deployment istiod')
  },
}

export interface AgentSeen {
  readonly name: string
  readonly daemonSet: DaemonSet | undefined
  readonly pods: readonly Pod[]
  readonly nodes: readonly Node[]
}

/** A DaemonSet counts the nodes that it wants; a node that it can't see, by a taint, only shows by its pods. */
const onEachNode = (code: string, title: string, name: string): Check<AgentSeen> => ({
  code,
  area: 'istio',
  title,
  when: 'after',
  read: async ({ kubernetes }) => {
    const [daemonSet, pods, nodes] = await Promise.all([
      kubernetes.daemonSet(name),
      kubernetes.pods(),
      kubernetes.nodes(),
    ])
    return { name, daemonSet, pods, nodes }
  },
  judge: judgeAgent,
})

export function judgeAgent({ name, daemonSet, pods, nodes }: AgentSeen) {
  if (daemonSet === undefined) return failed(`${name} is not installed`, 'ecs-ambient istio install')
  const own = pods.filter(({ metadata }) => metadata.ownerReferences?.some(owner => owner.name === name))
  const ready = own.filter(pod => conditionOf(pod, 'Ready')?.status === 'True')
  const without = nodes
    .filter(isReady)
    .filter(node => !ready.some(({ spec }) => spec?.nodeName === node.metadata.name))
    .map(({ metadata }) => metadata.name)
  const look = `kubectl -n istio-system describe daemonset ${name}`
  if (without.length > 0) return failed(`not ready on ${some(without)}`, look)
  if (nodes.length === 0) return notApplicable('there is no node: see EA1251')
  const lags = daemonSetLags(daemonSet)
  return lags === undefined ? ok(`on ${counted(nodes.length, 'node')}`) : failed(lags, look)
}

export const ztunnelCheck = onEachNode('EA1302', 'A ztunnel runs on each node', 'ztunnel')
export const istioCniCheck = onEachNode('EA1303', "Istio's CNI agent runs on each node", 'istio-cni-node')

export const istioChecks: readonly AnyCheck[] = [istiodCheck, ztunnelCheck, istioCniCheck]
