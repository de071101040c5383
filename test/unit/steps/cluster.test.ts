import { expect } from 'chai'
import type { Change } from '../../../src/lib/engine/plan.ts'
import { eksctlConfig } from '../../../src/lib/steps/cluster/config.ts'
import { decideCluster, decideClusterRemoval } from '../../../src/lib/steps/cluster/decide.ts'
import type { ClusterSeen } from '../../../src/lib/steps/cluster/observe.ts'
import { chooseVersion } from '../../../src/lib/steps/cluster/version.ts'
import { settings } from '../../support/settings.ts'

const desired = settings()
const OURS = { 'ecs-ambient/cluster': 'ambient-ecs' }
const OTHERS = { 'ecs-ambient/cluster': 'another' }
const ROLE = 'arn:aws:iam::111122223333:role/istiod-eks-ecs-ambient-ecs'
const CFN = { 'aws:cloudformation:stack-name': 'eksctl-ambient-ecs-podidentityrole' }

const versions = [
  { clusterVersion: '1.30', versionStatus: 'UNSUPPORTED' },
  { clusterVersion: '1.33', versionStatus: 'EXTENDED_SUPPORT' },
  { clusterVersion: '1.34', versionStatus: 'STANDARD_SUPPORT', defaultVersion: true },
  { clusterVersion: '1.35', versionStatus: 'STANDARD_SUPPORT' },
]
const account = { partition: 'aws', account: '111122223333', istiodRoleName: 'istiod-eks-ecs-ambient-ecs' }
const CREATE = { version: '1.34', roleName: account.istiodRoleName }
const none: ClusterSeen = { ...account, versions, nodegroups: [], addons: [], stacks: [], stranded: [] }
const whole: ClusterSeen = {
  ...account,
  versions: [],
  stacks: [],
  stranded: [],
  cluster: { name: 'ambient-ecs', arn: 'arn:cluster', status: 'ACTIVE', version: '1.34', tags: OURS },
  nodegroups: [{ nodegroupName: 'managed-nodes', status: 'ACTIVE' }],
  addons: [
    { name: 'vpc-cni', tags: {} },
    { name: 'eks-pod-identity-agent', tags: {} },
    { name: 'kube-proxy', tags: {} },
    { name: 'coredns', tags: {} },
  ],
  association: { associationId: 'a-1', roleArn: ROLE, createdAt: new Date('2026-01-01T00:00:00Z'), tags: OURS },
  istiodRole: { arn: ROLE, tags: { ...OURS, ...CFN }, policies: ['AmazonECS_FullAccess'] },
}
const foreign: ClusterSeen = { ...whole, cluster: { ...whole.cluster, tags: {} } }
const { association: _association, ...unassociated } = whole
const { istiodRole: _role, ...bare } = unassociated

const told = (changes: readonly Change[]) =>
  changes.map(({ action, kind, name, stage }) => `${stage ?? 0} ${action} ${kind} ${name}`)
const up = (seen: ClusterSeen, wanted = desired) => told(decideCluster(seen, wanted).changes)
const down = (seen: ClusterSeen) => told(decideClusterRemoval(seen, desired).changes)

describe('the configuration of eksctl', () => {
  it("is the guide's, with our tag", () => {
    expect(eksctlConfig(desired, CREATE, 'aws')).to.deep.equal({
      apiVersion: 'eksctl.io/v1alpha5',
      kind: 'ClusterConfig',
      metadata: {
        name: 'ambient-ecs',
        region: 'us-east-1',
        version: '1.34',
        tags: { owner: 'tester', 'ecs-ambient/cluster': 'ambient-ecs' },
      },
      addons: [{ name: 'vpc-cni' }, { name: 'eks-pod-identity-agent' }],
      iam: {
        withOIDC: true,
        podIdentityAssociations: [
          {
            namespace: 'istio-system',
            serviceAccountName: 'istiod',
            roleName: 'istiod-eks-ecs-ambient-ecs',
            permissionPolicyARNs: ['arn:aws:iam::aws:policy/AmazonECS_FullAccess'],
          },
        ],
      },
      managedNodeGroups: [
        {
          name: 'managed-nodes',
          instanceType: 't2.medium',
          desiredCapacity: 2,
          privateNetworking: true,
          updateConfig: { maxUnavailable: 2 },
        },
      ],
    })
  })

  it('names the policy of the partition, or lets istiod only read', () => {
    const association = (more: object, partition: string) =>
      (
        eksctlConfig({ ...desired, ...more }, CREATE, partition) as {
          iam: { podIdentityAssociations: Record<string, unknown>[] }
        }
      ).iam.podIdentityAssociations[0]
    expect(association({}, 'aws-cn')?.permissionPolicyARNs).to.deep.equal([
      'arn:aws-cn:iam::aws:policy/AmazonECS_FullAccess',
    ])
    const readOnly = association({ istiodAccess: 'read-only' }, 'aws')
    expect(readOnly).to.not.have.property('permissionPolicyARNs')
    expect(JSON.stringify(readOnly?.permissionPolicy)).to.not.match(/Create|Update|Delete|ecs:\*/)
  })
})

describe('the Kubernetes version', () => {
  it("is the one asked for, else the region's default, else the newest", () => {
    expect(chooseVersion('1.35', versions)).to.equal('1.35')
    expect(chooseVersion('1.33', versions)).to.equal('1.33')
    expect(chooseVersion(undefined, versions)).to.equal('1.34')
    expect(chooseVersion(undefined, [{ clusterVersion: '1.9' }, { clusterVersion: '1.10' }])).to.equal('1.10')
  })

  for (const wanted of ['1.30', '1.99']) {
    it(`is refused when it is ${wanted}, with the list of those in support`, () => {
      expect(() => chooseVersion(wanted, versions))
        .to.throw(wanted)
        .with.deep.include({ code: 'EKS_VERSION_UNSUPPORTED', exit: 2, why: ['in support: 1.35, 1.34, 1.33'] })
    })
  }
})

describe('the step cluster', () => {
  it('creates where there is none', () => {
    expect(up(none)).to.deep.equal(['2 create eks-cluster ambient-ecs'])
    expect(decideCluster(none, desired).changes[0]?.detail).to.deep.equal(CREATE)
  })

  it('clears away what eksctl left half made first, but not what is being made', () => {
    const stacks = [
      { name: 'eksctl-ambient-ecs-cluster', status: 'ROLLBACK_COMPLETE', ours: true },
      { name: 'eksctl-ambient-ecs-nodegroup-x', status: 'CREATE_IN_PROGRESS', ours: true },
    ]
    expect(up({ ...none, stacks })).to.deep.equal([
      '1 delete cloudformation-stack eksctl-ambient-ecs-cluster',
      '2 create eks-cluster ambient-ecs',
    ])
  })

  it('takes ECS services out of a network that goes first, and says so', () => {
    const stacks = [{ name: 'eksctl-ambient-ecs-cluster', status: 'CREATE_COMPLETE', ours: true }]
    const service = { ecsCluster: 'ecs-ambient-ecs', service: { serviceName: 'shell-task', serviceArn: 'arn:service' } }
    expect(up({ ...none, stacks, stranded: [service] })).to.deep.equal([
      '0 delete ecs-service ecs-ambient-ecs/shell-task',
      '1 delete cloudformation-stack eksctl-ambient-ecs-cluster',
      '2 create eks-cluster ambient-ecs',
    ])
  })

  it("does not touch somebody else's stacks", () => {
    const stacks = [{ name: 'eksctl-ambient-ecs-cluster', status: 'ROLLBACK_COMPLETE', ours: false }]
    expect(() => up({ ...none, stacks }))
      .to.throw('eksctl-ambient-ecs-cluster')
      .with.include({ code: 'NOT_OURS', exit: 2 })
    expect(down({ ...none, stacks })).to.deep.equal([])
  })

  it('makes anew one that is being deleted', () => {
    const cluster = { ...whole.cluster, status: 'DELETING' as const }
    expect(up({ ...whole, cluster })).to.deep.equal(['2 create eks-cluster ambient-ecs'])
  })

  it('fails for one that has failed', () => {
    expect(() => up({ ...whole, cluster: { ...whole.cluster, status: 'FAILED' } }))
      .to.throw('FAILED')
      .with.include({ code: 'CLUSTER_FAILED' })
  })

  it('does nothing where all is there', () => {
    expect(decideCluster(whole, desired)).to.deep.include({ changes: [], warnings: [] })
  })

  it('adds what is missing, for a cluster of somebody else too', () => {
    const own = ['1 create eks-addon kube-proxy', '1 create eks-addon coredns']
    const addons = ['1 create eks-addon vpc-cni', '1 create eks-addon eks-pod-identity-agent']
    const access = [
      '0 create iam-role istiod-eks-ecs-ambient-ecs',
      '1 create pod-identity-association istio-system/istiod',
    ]
    expect(up({ ...bare, addons: [] })).to.deep.equal([...addons, ...own, ...access])
    const plan = decideCluster({ ...bare, cluster: foreign.cluster ?? {}, addons: [], nodegroups: [] }, desired)
    expect(told(plan.changes)).to.deep.equal([...addons, ...access])
    expect(plan.warnings?.join()).to.contain('EKS cluster ambient-ecs was not made by ecs-ambient')
  })

  it('makes the nodes that a broken-off run of eksctl left out, in a cluster of ours', () => {
    expect(up({ ...whole, nodegroups: [] })).to.deep.equal(['1 create eks-nodegroup ambient-ecs/managed-nodes'])
    expect(up({ ...foreign, nodegroups: [] })).to.deep.equal([])
  })

  it('finishes a cluster that is being made, whoever began it, and adds nothing to it before it stands', () => {
    const cluster = { ...whole.cluster, status: 'CREATING' as const }
    const begun = { ...whole, nodegroups: [], addons: [], cluster }
    expect(up(begun)).to.deep.equal(['1 create eks-nodegroup ambient-ecs/managed-nodes'])
    expect(up({ ...begun, ...foreign, cluster: { ...foreign.cluster, status: 'CREATING' } })).to.deep.equal([])
  })

  it('waits for nodes that are being made', () => {
    const stacks = [{ name: 'eksctl-ambient-ecs-nodegroup-managed-nodes', status: 'CREATE_IN_PROGRESS', ours: true }]
    expect(up({ ...whole, nodegroups: [], stacks })).to.deep.equal([])
  })

  it('makes nodes anew that failed, once what is left of them is gone', () => {
    const stacks = [{ name: 'eksctl-ambient-ecs-nodegroup-managed-nodes', status: 'ROLLBACK_COMPLETE', ours: true }]
    const nodegroups = [{ nodegroupName: 'managed-nodes', status: 'CREATE_FAILED' as const }]
    for (const left of [[], nodegroups]) {
      expect(up({ ...whole, nodegroups: left, stacks })).to.deep.equal([
        '0 delete cloudformation-stack eksctl-ambient-ecs-nodegroup-managed-nodes',
        '1 create eks-nodegroup ambient-ecs/managed-nodes',
      ])
    }
  })

  it('finishes a role that it began to make', () => {
    const begun = { arn: ROLE, tags: OURS, policies: [] }
    expect(up({ ...unassociated, istiodRole: begun })).to.deep.equal([
      '0 update iam-role istiod-eks-ecs-ambient-ecs',
      '1 create pod-identity-association istio-system/istiod',
    ])
    expect(up({ ...whole, istiodRole: begun })).to.deep.equal(['0 update iam-role istiod-eks-ecs-ambient-ecs'])
  })

  it("mends the association in a cluster of ours, and leaves somebody else's", () => {
    const wrong = { ...whole.association, roleArn: 'arn:other' }
    expect(up({ ...whole, association: wrong })).to.deep.equal([
      '1 update pod-identity-association istio-system/istiod',
    ])
    const theirs = decideCluster({ ...foreign, association: { ...wrong, tags: OTHERS } }, desired)
    expect(theirs.changes).to.deep.equal([])
    expect(theirs.warnings?.join()).to.contain('arn:other')
    const added = { ...foreign, association: { ...wrong, tags: OURS } }
    expect(up(added)).to.deep.equal(['1 update pod-identity-association istio-system/istiod'])
  })

  it('restarts an istiod that is older than its association', () => {
    const restart = '2 run Deployment istio-system/istiod'
    expect(up({ ...whole, istiodSince: new Date('2025-12-31T00:00:00Z') })).to.deep.equal([restart])
    expect(up({ ...whole, istiodSince: new Date('2026-01-01T00:00:01Z') })).to.deep.equal([])
    expect(up({ ...unassociated, istiodSince: new Date() }).at(-1)).to.equal(restart)
  })

  it('warns of another Kubernetes version and changes nothing', () => {
    const plan = decideCluster(whole, settings({ eksVersion: '1.35' }))
    expect(plan.changes).to.deep.equal([])
    expect(plan.warnings?.join()).to.contain('1.34, not 1.35')
  })

  it('removes a cluster of ours by eksctl', () => {
    expect(down(whole)).to.deep.equal(['0 delete eks-cluster ambient-ecs'])
  })

  it('removes the role that it made itself, and no other', () => {
    const role = { arn: ROLE, tags: OURS, policies: [] }
    expect(down({ ...whole, istiodRole: role }).at(-1)).to.equal('1 delete iam-role istiod-eks-ecs-ambient-ecs')
    expect(down({ ...none, istiodRole: role })).to.deep.equal(['1 delete iam-role istiod-eks-ecs-ambient-ecs'])
    expect(down({ ...none, istiodRole: { ...role, tags: {} } })).to.deep.equal([])
  })

  it('removes what eksctl left where there is no cluster, nodes before the network', () => {
    const left = (name: string) => ({ name: `eksctl-ambient-ecs-${name}`, status: 'DELETE_FAILED', ours: true })
    expect(down({ ...none, stacks: [left('cluster'), left('nodegroup-managed-nodes')] })).to.have.members([
      '0 delete cloudformation-stack eksctl-ambient-ecs-nodegroup-managed-nodes',
      '1 delete cloudformation-stack eksctl-ambient-ecs-cluster',
    ])
    expect(down(none)).to.deep.equal([])
  })

  it("removes from somebody else's cluster just what it added", () => {
    const addons = [
      { name: 'vpc-cni', tags: {} },
      { name: 'eks-pod-identity-agent', tags: OURS },
    ]
    expect(down({ ...foreign, addons })).to.deep.equal([
      '0 delete eks-addon eks-pod-identity-agent',
      '0 delete pod-identity-association istio-system/istiod',
    ])
    expect(down({ ...foreign, association: { ...whole.association, tags: {} } })).to.deep.equal([])
  })
})
