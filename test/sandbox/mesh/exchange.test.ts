import { expect } from 'chai'
import { accessLogLine } from '../../../src/sandbox/mesh/access-log.ts'
import { type Exchange, exchange } from '../../../src/sandbox/mesh/exchange.ts'
import type { MeshFaults } from '../../../src/sandbox/mesh/faults.ts'
import type { Workload } from '../../../src/sandbox/mesh/workload.ts'
import {
  ECS_DENY,
  EKS_DENY,
  ecsEcho,
  ecsEchoService,
  ecsShell,
  eksEcho,
  eksEchoService,
  eksShell,
  faults,
  GROUPS,
  POST_ONLY,
  WAYPOINT,
  type WorldOptions,
  waypointPod,
  worldOf,
} from './world.ts'

interface Ask {
  readonly from: Workload
  readonly to: string
  readonly method?: string
  readonly world?: WorldOptions
  readonly faults?: MeshFaults
}

function ask({ from, to, method = 'GET', world, faults: broken = faults() }: Ask): Exchange {
  const [host = '', port = '80'] = to.split(':')
  const request = { method, host, port: Number(port), path: '/', headers: [['Host', to]] as const }
  return exchange({ world: worldOf(world), faults: broken, from, request, now: 1_700_000_000_000, sourcePort: 40000 })
}

/** In the words of the verdict table. */
function seen({ outcome }: Exchange): string {
  if (outcome.kind !== 'response') return outcome.kind === 'reset' ? 'L4' : outcome.kind
  const { status, body } = outcome.response
  return status === 403 && body === 'RBAC: access denied' ? 'L7' : status < 400 ? 'allowed' : String(status)
}

const EKS_ECHO = 'eks-echo.default:8080'
const ECS_ECHO = 'echo-service.ecs.local:8080'
const INTERNET = 'httpbin.org'

const guarded: WorldOptions = { services: [eksEchoService, { ...ecsEchoService, waypoint: WAYPOINT }] }
const postOnly: WorldOptions = { ...guarded, policies: [POST_ONLY] }

const STATES: readonly (readonly [state: string, method: string, world: WorldOptions, ...expected: string[]])[] = [
  ['none', 'GET', {}, 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'],
  ['eks-deny', 'GET', { policies: [EKS_DENY] }, 'L4', 'allowed', 'L4', 'allowed', 'allowed'],
  ['ecs-deny', 'GET', { policies: [ECS_DENY] }, 'allowed', 'L4', 'allowed', 'L4', 'allowed'],
  ['waypoint alone', 'GET', guarded, 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'],
  ['post-only', 'GET', postOnly, 'allowed', 'L7', 'allowed', 'L7', 'allowed'],
  ['post-only', 'POST', postOnly, 'allowed', 'allowed', 'allowed', 'allowed', 'allowed'],
]

const CELLS: readonly (readonly [from: Workload, to: string])[] = [
  [eksShell, EKS_ECHO],
  [eksShell, ECS_ECHO],
  [ecsShell, EKS_ECHO],
  [ecsShell, ECS_ECHO],
  [ecsShell, INTERNET],
]

const without = (group: string, direction: 'IpPermissions' | 'IpPermissionsEgress') => ({
  ...GROUPS,
  [group]: { ...GROUPS[group], [direction]: [] },
})

describe('a request in the simulated mesh', () => {
  for (const [state, method, world, ...expected] of STATES) {
    CELLS.forEach(([from, to], index) => {
      it(`${state}, ${method}: ${from.name} to ${to} is ${expected[index]}`, () => {
        expect(seen(ask({ from, to, method, world }))).to.equal(expected[index])
      })
    })
  }

  describe('fails as the real one fails', () => {
    const unmeshed = { ...ecsShell, captured: false, mesh: undefined }
    const outsider = { ...eksShell, captured: false }
    const deaf = faults(f => f.dead.add('echo-service'))
    const rows: readonly (readonly [what: string, expected: string, ask: Ask])[] = [
      ['a dead target behind ztunnel', 'reset', { from: eksShell, to: ECS_ECHO, faults: deaf }],
      ['a dead target behind a waypoint', '503', { from: eksShell, to: ECS_ECHO, faults: deaf, world: guarded }],
      [
        'a waypoint whose target refuses it',
        '503',
        { from: eksShell, to: ECS_ECHO, world: { ...guarded, policies: [ECS_DENY] } },
      ],
      [
        'a waypoint without pods',
        'reset',
        { from: eksShell, to: ECS_ECHO, world: { ...guarded, workloads: [eksShell, ecsEcho] } },
      ],
      ['no endpoint', 'reset', { from: eksShell, to: ECS_ECHO, world: { workloads: [eksShell] } }],
      ['no endpoint, from outside the mesh', 'refused', { from: outsider, to: EKS_ECHO, world: { workloads: [] } }],
      [
        'a target that is not ready',
        'reset',
        { from: eksShell, to: ECS_ECHO, world: { workloads: [{ ...ecsEcho, ready: false }] } },
      ],
      [
        'port 15008 of ECS shut',
        'reset',
        { from: eksShell, to: ECS_ECHO, world: { groups: without('sg-ecs', 'IpPermissions') } },
      ],
      [
        'no way out of ECS',
        'reset',
        { from: ecsShell, to: EKS_ECHO, world: { groups: without('sg-ecs', 'IpPermissionsEgress') } },
      ],
      [
        'packets lost on the way',
        'reset',
        { from: eksShell, to: ECS_ECHO, faults: faults(f => f.shut.add('echo-service:15008')) },
      ],
      ['an unknown name', 'unresolved', { from: ecsShell, to: 'nosuch.ecs.local:8080' }],
      ['a misspelt name of the cluster', 'unresolved', { from: eksShell, to: 'eks-ecko.default:8080' }],
      [
        'a name that DNS lost',
        'unresolved',
        { from: eksShell, to: EKS_ECHO, faults: faults(f => f.unresolvable.add('eks-echo.default')) },
      ],
      ['a mesh name from outside the mesh', 'unresolved', { from: outsider, to: ECS_ECHO }],
      ['a mesh name from a task outside the mesh', 'unresolved', { from: unmeshed, to: ECS_ECHO }],
      ['a port that the service does not have', 'reset', { from: eksShell, to: 'echo-service.ecs.local:9999' }],
      ['plain text to a task', 'dropped', { from: unmeshed, to: `${ecsEcho.address}:8080` }],
      ['the internet on such a port from outside the mesh', 'dropped', { from: outsider, to: 'httpbin.org:8081' }],
      ['the internet on a port that nobody serves', 'reset', { from: eksShell, to: 'httpbin.org:8081' }],
      [
        'the internet without a way out',
        'reset',
        { from: ecsShell, to: INTERNET, world: { groups: without('sg-ecs', 'IpPermissionsEgress') } },
      ],
      [
        'a pod outside the mesh to a pod with a policy',
        'reset',
        { from: outsider, to: EKS_ECHO, world: { policies: [EKS_DENY] } },
      ],
    ]
    for (const [what, expected, question] of rows) {
      it(`${what}: ${expected}`, () => {
        const { outcome } = ask(question)
        expect(outcome.kind === 'response' ? String(outcome.response.status) : outcome.kind).to.equal(expected)
      })
    }

    it('a shut port is found out only after ztunnel has waited', () => {
      const { outcome } = ask({ from: eksShell, to: ECS_ECHO, world: { groups: without('sg-ecs', 'IpPermissions') } })
      expect(outcome).to.include({ kind: 'reset', after: 10_000 })
    })

    it('a pod outside the mesh reaches a pod in it, in plain text', () => {
      const result = ask({ from: outsider, to: 'eks-echo:8080' })
      expect(seen(result)).to.equal('allowed')
      expect(result.log.map(({ entry }) => entry.source.identity)).to.deep.equal([undefined])
    })

    it('wide-open groups let plain text go past the mesh, policies and all', () => {
      const open = {
        IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
        IpPermissionsEgress: GROUPS['sg-eks']?.IpPermissionsEgress,
      }
      const world = { groups: { 'sg-eks': open, 'sg-ecs': open }, policies: [ECS_DENY] }
      expect(seen(ask({ from: unmeshed, to: `${ecsEcho.address}:8080`, world }))).to.equal('allowed')
    })
  })

  describe('what the application is told', () => {
    const bodyOf = ({ outcome }: Exchange) => (outcome.kind === 'response' ? outcome.response.body : outcome.kind)

    it("a pod sees the client's address", () => {
      expect(bodyOf(ask({ from: ecsShell, to: EKS_ECHO })))
        .to.contain('IP=192.168.2.10\n')
        .and.contain('Hostname=eks-echo\n')
    })

    it('a task sees its own address, as its ztunnel delivers from there', () => {
      expect(bodyOf(ask({ from: eksShell, to: ECS_ECHO })))
        .to.contain('IP=192.168.2.11\n')
        .and.contain('Hostname=ip-192-168-2-11.us-east-1.compute.internal\n')
    })

    it('a waypoint adds its headers', () => {
      const body = bodyOf(ask({ from: eksShell, to: ECS_ECHO, world: guarded }))
      expect(body).to.match(
        /RequestHeader=X-Forwarded-Proto:http\nRequestHeader=X-Request-Id:[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-a[0-9a-f]{3}-[0-9a-f]{12}\n/,
      )
    })
  })

  describe("the ztunnels' access logs", () => {
    const lines = (result: Exchange) =>
      result.log.map(({ workload, entry }) => `${workload.name} ${accessLogLine(entry, 1_700_000_000_000)}`)

    it('tell both ends of an allowed connection, over HBONE', () => {
      const [inbound, outbound] = lines(ask({ from: eksShell, to: ECS_ECHO }))
      expect(inbound).to.match(
        /^echo-service 2023-11-14T22:13:20\.000000Z\tinfo\taccess\tconnection complete\tsrc\.addr=192\.168\.1\.10:40000 src\.workload="eks-shell" src\.namespace="default" src\.identity="spiffe:\/\/cluster\.local\/ns\/default\/sa\/default" dst\.addr=192\.168\.2\.11:15008 dst\.hbone_addr=192\.168\.2\.11:8080 dst\.service="echo-service\.ecs\.local" dst\.workload="echo-service" dst\.namespace="ecs" dst\.identity="spiffe:\/\/cluster\.local\/ns\/ecs\/sa\/default" direction="inbound" bytes_sent=\d+ bytes_recv=\d+ duration="1ms"$/,
      )
      expect(outbound).to.match(/^eks-shell .*direction="outbound"/)
    })

    it('name the policy that refused', () => {
      const [inbound, outbound] = lines(ask({ from: ecsShell, to: EKS_ECHO, world: { policies: [EKS_DENY] } }))
      expect(inbound).to.match(
        /^eks-echo .*\terror\taccess\t.*error="connection closed due to policy rejection: explicitly denied by: default\/eks-echo-deny"$/,
      )
      expect(outbound).to.match(/^shell-task .*error="http status: 401 Unauthorized"$/)
    })

    it('say so where no ALLOW matched', () => {
      const nobody = { metadata: { name: 'nobody', namespace: 'ecs' }, spec: { rules: [] } }
      const [inbound] = lines(ask({ from: eksShell, to: ECS_ECHO, world: { policies: [nobody] } }))
      expect(inbound).to.contain('policy rejection: allow policies exist, but none allowed"')
    })

    it("carry the waypoint's identity at the target behind one", () => {
      const [inbound] = ask({ from: eksShell, to: ECS_ECHO, world: guarded }).log
      expect(inbound?.workload).to.equal(ecsEcho)
      expect(inbound?.entry.source.identity).to.deep.equal(waypointPod.identity)
    })

    it('show plain text as such', () => {
      const result = ask({
        from: ecsShell,
        to: EKS_ECHO,
        faults: faults(f => f.plainText.add('eks-echo')),
      })
      expect(seen(result)).to.equal('L4')
      const near = ask({ from: eksShell, to: EKS_ECHO, faults: faults(f => f.plainText.add('eks-echo')) })
      expect(seen(near)).to.equal('allowed')
      expect(near.log.map(({ entry }) => entry.destination.hbone)).to.deep.equal([undefined, undefined])
      expect(near.log[0]?.workload).to.equal(eksEcho)
    })
  })
})
