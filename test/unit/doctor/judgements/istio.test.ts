import { istioCniCheck, istiodCheck, ztunnelCheck } from '../../../../src/lib/doctor/checks/istio.ts'
import { judged, node } from './support.ts'

const condition = (type: string, status: string) => ({ status: { conditions: [{ type, status }] } })
const agentPod = (nodeName: string, ready = 'True', owner = 'ztunnel') => ({
  metadata: { name: `${owner}-x`, ownerReferences: [{ kind: 'DaemonSet', name: owner }] },
  spec: { nodeName },
  ...condition('Ready', ready),
})
const daemonSet = { metadata: {}, status: { desiredNumberScheduled: 2, updatedNumberScheduled: 2, numberAvailable: 2 } }
const agentSeen = (
  pods: readonly unknown[],
  nodes = [node('a'), node('b')],
  set: unknown = daemonSet,
  name = 'ztunnel',
) => ({
  name,
  daemonSet: set,
  pods,
  nodes,
})

describe('doctor: istio', () => {
  judged([
    [
      istiodCheck,
      [
        [undefined, 'failed', /not installed/, /istio install/],
        [
          {
            metadata: { generation: 1 },
            spec: { replicas: 2 },
            status: { observedGeneration: 1, updatedReplicas: 2, replicas: 2, availableReplicas: 1 },
          },
          'failed',
          /1 of 2 pods available/,
        ],
        [{ metadata: { generation: 1 }, spec: { replicas: 0 } }, 'failed', /scaled to none/],
        [
          {
            metadata: { generation: 1 },
            spec: { replicas: 1 },
            status: { observedGeneration: 1, updatedReplicas: 1, replicas: 1, availableReplicas: 1 },
          },
          'ok',
          /unknown/,
        ],
      ],
    ],
    [
      ztunnelCheck,
      [
        [agentSeen([agentPod('a')]), 'failed', /not ready on b/, /describe daemonset ztunnel/],
        [agentSeen([agentPod('a'), agentPod('b', 'False')]), 'failed', /not ready on b/],
        [agentSeen([agentPod('a'), agentPod('b')]), 'ok', /on 2 nodes/],
        [agentSeen([agentPod('a')], [node('a'), node('b', 'False')]), 'ok', /on 2 nodes/],
        [{ ...agentSeen([], []), daemonSet: undefined }, 'failed', /not installed/],
        [agentSeen([], []), 'not-applicable', /EA1251/],
      ],
    ],
    [
      istioCniCheck,
      [
        [
          agentSeen([agentPod('a', 'True', 'ztunnel')], [node('a')], daemonSet, 'istio-cni-node'),
          'failed',
          /not ready on a/,
        ],
        [
          agentSeen([agentPod('a', 'True', 'istio-cni-node')], [node('a')], daemonSet, 'istio-cni-node'),
          'ok',
          /1 node$/,
        ],
      ],
    ],
  ])
})
