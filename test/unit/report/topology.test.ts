import { expect } from 'chai'
import { isNothing, type Topology, workloadsOf } from '../../../src/lib/report/topology.ts'
import {
  ecsFacts,
  gateway,
  healthy,
  kubernetes,
  manyServices,
  namespace,
  nothing,
  pod,
  service,
  task,
  topology,
  unreachable,
} from './world.ts'

describe('the topology', () => {
  const find = (found: Topology, id: string) => workloadsOf(found).find(workload => workload.id === id)
  const within = (found: Topology, name: string) => found.eks.namespaces.find(part => part.name === name)

  it('of a healthy mesh has both sides, who is who, and what is in the mesh', () => {
    const found = topology()
    expect(found).to.include({ region: 'us-east-1', account: '111122223333' })
    expect(found.eks).to.include({ presence: 'present', kubernetesVersion: '1.33', nodes: 2, istioVersion: '1.24.1' })
    expect(found.eks.namespaces.map(({ name }) => name)).to.deep.equal(['istio-system', 'default', 'ecs'])
    expect(find(found, 'pod default/eks-echo')).to.deep.include({
      name: 'eks-echo',
      running: 1,
      wanted: 1,
      membership: 'in',
      identity: 'spiffe://cluster.local/ns/default/sa/default',
    })
    expect(find(found, 'task ecs-ambient-ecs/echo-service')).to.deep.include({
      membership: 'in',
      ztunnel: true,
      addresses: ['10.0.1.2'],
      host: 'echo-service.ecs.local',
      identity: 'spiffe://cluster.local/ns/ecs/sa/demo',
    })
    expect(isNothing(found)).to.equal(false)
  })

  it('of nothing is absent, of what cannot be reached unknown with the reason', () => {
    expect(isNothing(topology(nothing))).to.equal(true)
    const found = topology(unreachable)
    expect(isNothing(found)).to.equal(false)
    expect(found).not.to.have.property('account')
    expect(found.eks).to.include({ presence: 'unknown', why: 'access denied to eks:DescribeCluster' })
    expect(found.ecs[0]).to.include({ presence: 'unknown', why: 'access denied to ecs' })
  })

  it('of an EKS cluster whose Kubernetes does not answer says so, and shows the rest', () => {
    const found = topology(healthy({ kubernetes: { error: 'connection refused' } }))
    expect(found.eks).to.include({ presence: 'present', unread: 'connection refused' })
    expect(found.eks.namespaces).to.deep.equal([])
    expect(find(found, 'task ecs-ambient-ecs/echo-service')?.membership).to.equal('in')
  })

  it('of a half-built mesh names what does not exist yet', () => {
    const facts = healthy({
      kubernetes: { value: kubernetes({ namespaces: [namespace('default')], gateways: [], pods: [] }) },
      ecs: ecsFacts([service('shell-task')], [task('shell-task', '10.0.1.1', ['app'])]),
    })
    const found = topology(facts)
    expect(within(found, 'istio-system')?.presence).to.equal('absent')
    expect(within(found, 'ecs')?.presence).to.equal('absent')
    expect(within(found, 'istio-system')?.gateways[0]).to.include({ role: 'east-west', presence: 'absent' })
    expect(find(found, 'task ecs-ambient-ecs/echo-service')?.presence).to.equal('absent')
    expect(find(found, 'task ecs-ambient-ecs/shell-task')).to.include({ membership: 'out', ztunnel: false })
  })

  it('believes the ztunnels before any label: only HBONE is in the mesh', () => {
    const known = (protocol: string, address: string) => ({
      name: 'x',
      namespace: 'ecs',
      serviceAccount: 'other',
      protocol,
      addresses: [address],
    })
    const found = topology(
      healthy({
        workloads: { value: [known('TCP', '10.0.0.3'), known('HBONE', '10.0.0.2'), known('HBONE', '10.0.1.2')] },
      }),
    )
    expect(find(found, 'pod default/eks-echo')?.membership).to.equal('out')
    expect(find(found, 'pod default/eks-shell')?.membership).to.equal('in')
    expect(find(found, 'task ecs-ambient-ecs/shell-task')?.membership, 'unknown to the mesh').to.equal('out')
    expect(find(found, 'task ecs-ambient-ecs/echo-service')?.identity).to.equal(
      'spiffe://cluster.local/ns/ecs/sa/other',
    )
  })

  it('says nothing of the membership of a service without tasks', () => {
    const found = topology(healthy({ ecs: ecsFacts([service('shell-task', 0)], []) }))
    expect(find(found, 'task ecs-ambient-ecs/shell-task')).to.include({ membership: 'unknown', running: 0, wanted: 1 })
  })

  it('counts pods by their owner, and not those that are over or that serve a gateway', () => {
    const over = { ...pod('default', 'job', '10.0.0.9'), status: { phase: 'Succeeded' } }
    const unready = { ...pod('default', 'eks-echo', '10.0.0.8'), status: { phase: 'Running', podIP: '10.0.0.8' } }
    const waypoint = pod('ecs', 'waypoint', '10.0.0.7', {
      labels: { 'gateway.networking.k8s.io/gateway-name': 'waypoint' },
    })
    const world = kubernetes()
    const found = topology(
      healthy({
        kubernetes: {
          value: kubernetes({
            pods: [...world.pods, over, unready, waypoint],
            gateways: [...world.gateways, gateway('waypoint', 'ecs', 'istio-waypoint')],
          }),
        },
      }),
    )
    expect(find(found, 'pod default/job')).to.equal(undefined)
    expect(find(found, 'pod default/eks-echo')).to.include({ running: 1, wanted: 2 })
    expect(within(found, 'ecs')?.workloads).to.deep.equal([])
    expect(within(found, 'ecs')?.gateways[0]).to.include({ role: 'waypoint', programmed: true, used: false })
  })

  it('shows a waypoint as used where the namespace says so, and the policies that stand', () => {
    const found = topology(
      healthy({
        kubernetes: {
          value: kubernetes({
            namespaces: [namespace('ecs', { 'istio.io/use-waypoint': 'waypoint' })],
            gateways: [gateway('waypoint', 'ecs', 'istio-waypoint')],
            policies: [
              { apiVersion: 'x', kind: 'AuthorizationPolicy', metadata: { name: 'a', namespace: 'far' } },
              {
                apiVersion: 'x',
                kind: 'AuthorizationPolicy',
                metadata: { name: 'b', namespace: 'ecs' },
                spec: { action: 'DENY' },
              },
            ],
          }),
        },
      }),
    )
    expect(within(found, 'ecs')?.gateways[0]?.used).to.equal(true)
    expect(within(found, 'ecs')?.policies).to.deep.equal([{ name: 'b', action: 'DENY' }])
    expect(within(found, 'far')?.policies).to.deep.equal([{ name: 'a', action: 'ALLOW' }])
  })

  it('holds two hundred services, by name', () => {
    const [cluster] = topology(manyServices()).ecs
    expect(cluster?.services).to.have.length(202)
    expect(cluster?.services.filter(({ membership }) => membership === 'out')).to.have.length(29)
  })
})
