import { meshProfile } from '../../config/mesh-profile.ts'
import type { CustomResourceDefinition, DaemonSet } from '../../kubernetes/objects.ts'
import { type AnyCheck, type Check, counted, failed, notApplicable, ok, warning } from '../check.ts'
import type { Node } from '../facts/kubernetes.ts'
import { isAtLeast } from './machine.ts'

export const nodesCheck: Check<readonly Node[]> = {
  code: 'EA1251',
  area: 'kubernetes',
  title: 'All nodes are ready',
  when: 'after',
  read: ({ kubernetes }) => kubernetes.nodes(),
  judge: nodes => {
    if (nodes.length === 0) return failed('there is no node', 'ecs-ambient cluster create')
    const lame = nodes.filter(node => !isReady(node)).map(({ metadata }) => metadata.name)
    return lame.length === 0
      ? ok(counted(nodes.length, 'node'))
      : failed(`not ready: ${lame.join(', ')}`, `kubectl describe node ${lame[0]}`)
  },
}

export const isReady = ({ status }: Node): boolean =>
  status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

interface VpcCni extends DaemonSet {
  readonly spec?: {
    readonly template?: {
      readonly spec?: {
        readonly containers?: readonly {
          readonly name: string
          readonly env?: readonly { readonly name: string; readonly value?: string }[]
        }[]
      }
    }
  }
}

export const cniCheck: Check<VpcCni | undefined> = {
  code: 'EA1252',
  area: 'kubernetes',
  title: 'The VPC CNI lets health probes into the mesh',
  when: 'after',
  read: async ({ kubernetes }) => (await kubernetes.daemonSet('aws-node')) as VpcCni | undefined,
  judge: cni => {
    if (cni === undefined) return notApplicable('the cluster does not run the VPC CNI')
    const env = cni.spec?.template?.spec?.containers?.flatMap(container => container.env ?? []) ?? []
    const variable = (wanted: string) => env.find(({ name }) => name === wanted)?.value
    if (variable('ENABLE_POD_ENI') !== 'true') return ok('pods have no network interfaces of their own')
    const mode = variable('POD_SECURITY_GROUP_ENFORCING_MODE') ?? 'strict'
    return mode === 'standard'
      ? ok('POD_SECURITY_GROUP_ENFORCING_MODE is standard')
      : failed(
          `POD_SECURITY_GROUP_ENFORCING_MODE is ${mode}: the probes of pods with security groups fail in the mesh`,
          'kubectl -n kube-system set env daemonset aws-node POD_SECURITY_GROUP_ENFORCING_MODE=standard',
        )
  },
}

export interface BundleSeen {
  readonly crd: CustomResourceDefinition | undefined
  /** As in `v1.2.1`. */
  readonly wanted: string
}

export const gatewayApiCheck: Check<BundleSeen> = {
  code: 'EA1253',
  area: 'kubernetes',
  title: 'The Gateway API is installed, and new enough',
  when: 'after',
  read: async ({ kubernetes }) => {
    const [crd, version] = await Promise.all([kubernetes.gatewayCrd(), kubernetes.meshVersion()])
    return { crd, wanted: meshProfile(version).gatewayApiVersion }
  },
  judge: ({ crd, wanted }) => {
    if (crd === undefined) return failed('its CRDs are not installed', 'ecs-ambient gateway-api install')
    const version = crd.metadata.annotations?.['gateway.networking.k8s.io/bundle-version']
    if (version === undefined) return warning('its version is not known: the CRDs do not say')
    const [, major = 0, minor = 0] = (/(\d+)\.(\d+)/.exec(wanted) ?? []).map(Number)
    return isAtLeast(version, [major, minor])
      ? ok(`Gateway API ${version}`)
      : warning(
          `Gateway API ${version} is older than ${wanted}, with which this Istio is used`,
          `GATEWAY_API_URL=https://github.com/kubernetes-sigs/gateway-api/releases/download/${wanted}/standard-install.yaml ecs-ambient gateway-api install`,
        )
  },
}

export const kubernetesChecks: readonly AnyCheck[] = [nodesCheck, cniCheck, gatewayApiCheck]
