import { cniCheck, gatewayApiCheck, nodesCheck } from '../../../../src/lib/doctor/checks/kubernetes.ts'
import { judged, node } from './support.ts'

const cni = (...env: readonly (readonly [string, string])[]) => ({
  spec: { template: { spec: { containers: [{ env: env.map(([name, value]) => ({ name, value })) }] } } },
})
function bundle(seen: string, wanted: string) {
  return { crd: { metadata: { annotations: { 'gateway.networking.k8s.io/bundle-version': seen } } }, wanted }
}

describe('doctor: kubernetes', () => {
  judged([
    [
      nodesCheck,
      [
        [[], 'failed', /no node/, /cluster create/],
        [[node('a'), node('b', 'Unknown')], 'failed', /not ready: b/, /describe node b/],
        [[node('a')], 'ok', /1 node$/],
      ],
    ],
    [
      cniCheck,
      [
        [cni(['ENABLE_POD_ENI', 'true']), 'failed', /is strict/, /=standard$/],
        [cni(['ENABLE_POD_ENI', 'true'], ['POD_SECURITY_GROUP_ENFORCING_MODE', 'standard']), 'ok', /standard/],
        [cni(['ENABLE_POD_ENI', 'false']), 'ok', /no network interfaces/],
        [undefined, 'not-applicable', /VPC CNI/],
      ],
    ],
    [
      gatewayApiCheck,
      [
        [{ crd: undefined, wanted: 'v1.2.1' }, 'failed', /not installed/, /gateway-api install/],
        [{ crd: { metadata: {} }, wanted: 'v1.2.1' }, 'warning', /not known/],
        [bundle('v1.2.1', 'v1.4.0'), 'warning', /older than v1.4.0/, /GATEWAY_API_URL=.*v1.4.0/],
        [bundle('v1.5.0', 'v1.4.0'), 'ok', /v1.5.0/],
      ],
    ],
  ])
})
