import { CloudFormation } from '@aws-sdk/client-cloudformation'
import { EC2 } from '@aws-sdk/client-ec2'
import { EKS } from '@aws-sdk/client-eks'
import { IAM } from '@aws-sdk/client-iam'
import { expect } from 'chai'
import { type Progress, provision } from '../../../src/sandbox/aws/services/eks/eksctl/provision.ts'
import type { EksctlSpec } from '../../../src/sandbox/aws/services/eks/eksctl/spec.ts'
import { teardown } from '../../../src/sandbox/aws/services/eks/eksctl/teardown.ts'
import { addLoadBalancer, removeWithGroup } from '../../../src/sandbox/aws/services/elb/lifecycle.ts'
import { ACCOUNT, refusal, startAws, type TestAws } from '../../support/aws.ts'

const MINUTE = 60_000

const SPEC: EksctlSpec = {
  name: 'demo',
  version: '1.35',
  tags: new Map([['owner', 'me']]),
  withOidc: true,
  addons: [{ name: 'vpc-cni' }, { name: 'eks-pod-identity-agent' }],
  podIdentities: [
    {
      namespace: 'istio-system',
      serviceAccount: 'istiod',
      roleName: 'istiod-eks-ecs-demo',
      policyArns: ['arn:aws:iam::aws:policy/AmazonECS_FullAccess'],
    },
  ],
  nodeGroups: [{ name: 'managed-nodes', instanceType: 't2.medium', desired: 2, privateNetworking: true }],
  creatorArn: `arn:aws:iam::${ACCOUNT}:user/sandbox`,
}

describe('EKS in the sandbox', () => {
  let aws: TestAws
  let eks: EKS
  let ec2: EC2
  let cloudformation: CloudFormation
  const told: string[] = []

  beforeEach(async () => {
    aws = await startAws()
    eks = new EKS(aws.client)
    ec2 = new EC2(aws.client)
    cloudformation = new CloudFormation(aws.client)
    told.length = 0
  })

  afterEach(() => aws.close())

  const progress = (signal = new AbortController().signal): Progress => ({ signal, tell: line => told.push(line) })
  const region = () => aws.cloud.region()
  const create = async () => {
    const made = provision(region(), SPEC, progress())
    await aws.clock.advance(30 * MINUTE)
    return made
  }
  const remove = async (wait = true) => {
    const gone = teardown(region(), 'demo', { ...progress(), wait })
    await aws.clock.advance(30 * MINUTE)
    return gone
  }
  const stacks = async () => {
    const { Stacks } = await cloudformation.describeStacks({})
    return Stacks?.map(({ StackName, StackStatus }) => `${StackName} ${StackStatus}`)
  }

  describe('by eksctl', () => {
    it('takes its time, and is CREATING until it has an endpoint', async () => {
      aws.cloud.hooks.kubernetes = async ({ name, version }) => ({
        endpoint: `https://loopback/${name}/${version}`,
        certificateAuthority: 'Q0E=',
      })
      const active: string[] = []
      aws.cloud.events.on('eks-cluster-active', ({ name }, where) => active.push(`${name} ${where}`))
      const made = provision(region(), SPEC, progress())
      await aws.clock.advance(5 * MINUTE)
      const describe = async () => (await eks.describeCluster({ name: 'demo' })).cluster
      const young = await describe()
      expect([young?.status, young?.endpoint]).to.deep.equal(['CREATING', undefined])
      expect(await stacks()).to.deep.equal(['eksctl-demo-cluster CREATE_IN_PROGRESS'])
      expect(active).to.deep.equal([])
      await aws.clock.advance(25 * MINUTE)
      expect(await made).to.equal(undefined)
      const cluster = await describe()
      expect(cluster).to.include({ status: 'ACTIVE', endpoint: 'https://loopback/demo/1.35', version: '1.35' })
      expect(cluster?.certificateAuthority?.data).to.equal('Q0E=')
      expect(cluster?.tags).to.include({ owner: 'me', 'alpha.eksctl.io/cluster-name': 'demo' })
      expect(active).to.deep.equal(['demo us-east-1'])
    })

    it('makes a VPC of three public and three private subnets, with a way to the internet from both', async () => {
      await create()
      const { cluster } = await eks.describeCluster({ name: 'demo' })
      const vpcId = cluster?.resourcesVpcConfig?.vpcId ?? ''
      const inVpc = [{ Name: 'vpc-id', Values: [vpcId] }]
      const { Subnets = [] } = await ec2.describeSubnets({ Filters: inVpc })
      const privates = Subnets.filter(({ MapPublicIpOnLaunch }) => !MapPublicIpOnLaunch)
      expect([Subnets.length, privates.length]).to.deep.equal([6, 3])
      expect(new Set(Subnets.map(({ CidrBlock }) => CidrBlock)).size).to.equal(6)
      expect(Subnets.map(({ SubnetId }) => SubnetId)).to.have.members(cluster?.resourcesVpcConfig?.subnetIds ?? [])
      const { RouteTables } = await ec2.describeRouteTables({
        Filters: [{ Name: 'association.subnet-id', Values: [privates[0]?.SubnetId ?? ''] }],
      })
      expect(RouteTables?.[0]?.Routes?.some(({ NatGatewayId }) => NatGatewayId?.startsWith('nat-'))).to.equal(true)
      const { SecurityGroups } = await ec2.describeSecurityGroups({
        GroupIds: [cluster?.resourcesVpcConfig?.clusterSecurityGroupId ?? ''],
      })
      expect(SecurityGroups?.[0]?.GroupName).to.match(/^eks-cluster-sg-demo-\d+$/)
      expect(SecurityGroups?.[0]?.Tags).to.deep.include({ Key: 'aws:eks:cluster-name', Value: 'demo' })
    })

    it('makes addons, the pod identity with its role, and the nodes', async () => {
      await create()
      const clusterName = 'demo'
      expect((await eks.listAddons({ clusterName })).addons).to.include.members(['vpc-cni', 'eks-pod-identity-agent'])
      const { addon } = await eks.describeAddon({ clusterName, addonName: 'eks-pod-identity-agent' })
      expect(addon?.status).to.equal('ACTIVE')
      const { associations } = await eks.listPodIdentityAssociations({ clusterName, namespace: 'istio-system' })
      const { association } = await eks.describePodIdentityAssociation({
        clusterName,
        associationId: associations?.[0]?.associationId,
      })
      expect(association).to.include({
        serviceAccount: 'istiod',
        roleArn: `arn:aws:iam::${ACCOUNT}:role/istiod-eks-ecs-demo`,
      })
      const { AttachedPolicies } = await new IAM(aws.client).listAttachedRolePolicies({
        RoleName: 'istiod-eks-ecs-demo',
      })
      expect(AttachedPolicies?.map(({ PolicyName }) => PolicyName)).to.deep.equal(['AmazonECS_FullAccess'])
      const { nodegroup } = await eks.describeNodegroup({ clusterName, nodegroupName: 'managed-nodes' })
      expect(nodegroup).to.deep.include({ status: 'ACTIVE', instanceTypes: ['t2.medium'] })
      const { Reservations } = await ec2.describeInstances({
        Filters: [{ Name: 'tag:eks:cluster-name', Values: ['demo'] }],
      })
      expect(Reservations).to.have.length(2)
      expect((await new IAM(aws.client).listOpenIDConnectProviders({})).OpenIDConnectProviderList).to.have.length(1)
    })

    it('refuses to start again on what is left of a cluster', async () => {
      const stop = new AbortController()
      void provision(region(), SPEC, progress(stop.signal))
      await aws.clock.advance(5 * MINUTE)
      stop.abort()
      await aws.clock.advance(30 * MINUTE)
      expect(await stacks()).to.deep.equal(['eksctl-demo-cluster CREATE_COMPLETE'])
      expect((await eks.listNodegroups({ clusterName: 'demo' })).nodegroups).to.deep.equal([])
      expect(await refusal(provision(region(), SPEC, progress()))).to.include({
        message: 'Stack [eksctl-demo-cluster] already exists',
      })
    })

    it('fails where the account has no room for another VPC, and says why in the stack', async () => {
      const quota = region().quotas.quotas.get('L-F678F1CE')
      if (quota) quota.value = 1
      expect((await create())?.status).to.equal('CREATE_FAILED')
      const { StackEvents } = await cloudformation.describeStackEvents({ StackName: 'eksctl-demo-cluster' })
      const reasons = StackEvents?.map(({ ResourceStatusReason }) => ResourceStatusReason).join()
      expect(reasons).to.include('The maximum number of VPCs has been reached. (Service: Ec2, Status Code: 400')
      expect(await remove()).to.equal(undefined)
      expect(await stacks()).to.deep.equal([])
    })

    it('takes everything away again', async () => {
      await create()
      const deleted: string[] = []
      aws.cloud.events.on('eks-cluster-deleted', name => deleted.push(name))
      expect(await remove()).to.equal(undefined)
      expect(deleted).to.deep.equal(['demo'])
      expect(await stacks()).to.deep.equal([])
      expect(await refusal(eks.describeCluster({ name: 'demo' }))).to.include({ name: 'ResourceNotFoundException' })
      expect((await ec2.describeVpcs({})).Vpcs?.map(({ IsDefault }) => IsDefault)).to.deep.equal([true])
      expect((await ec2.describeNetworkInterfaces({})).NetworkInterfaces).to.deep.equal([])
      expect((await new IAM(aws.client).listRoles({})).Roles).to.deep.equal([])
      expect(region().iam.oidcProviders.size).to.equal(0)
      expect(await refusal(teardown(region(), 'demo', { ...progress(), wait: true }))).to.include({
        message: 'No cluster found for name: demo.',
      })
    })

    it('takes away a cluster that is still being made', async () => {
      const stop = new AbortController()
      void provision(region(), SPEC, progress(stop.signal))
      await aws.clock.advance(4 * MINUTE)
      stop.abort()
      expect(await remove()).to.equal(undefined)
      expect(await stacks()).to.deep.equal([])
      expect((await ec2.describeVpcs({})).Vpcs).to.have.length(1)
    })

    it('answers before CloudFormation is done unless it is told to wait', async () => {
      await create()
      const gone = teardown(region(), 'demo', { ...progress(), wait: false })
      await aws.clock.advance(4 * MINUTE)
      await gone
      expect(await stacks()).to.deep.equal(['eksctl-demo-cluster DELETE_IN_PROGRESS'])
    })

    it('fails to take away a VPC in which something of others is, and can be asked again', async () => {
      await create()
      const { cluster } = await eks.describeCluster({ name: 'demo' })
      const { GroupId } = await ec2.createSecurityGroup({
        GroupName: 'foreign',
        Description: 'x',
        VpcId: cluster?.resourcesVpcConfig?.vpcId,
      })
      const failed = await remove()
      expect(failed?.status).to.equal('DELETE_FAILED')
      const { StackEvents } = await cloudformation.describeStackEvents({ StackName: 'eksctl-demo-cluster' })
      expect(StackEvents?.[0]?.ResourceStatusReason).to.equal('The following resource(s) failed to delete: [VPC].')
      expect(StackEvents?.[1]?.ResourceStatusReason).to.match(/has dependencies and cannot be deleted/)
      await ec2.deleteSecurityGroup({ GroupId })
      expect(await remove()).to.equal(undefined)
      expect(await stacks()).to.deep.equal([])
    })

    it('leaves its security group behind where a rule of another group names it', async () => {
      await create()
      const { cluster } = await eks.describeCluster({ name: 'demo' })
      const { vpcId, clusterSecurityGroupId: clusterGroup = '' } = cluster?.resourcesVpcConfig ?? {}
      const { GroupId = '' } = await ec2.createSecurityGroup({ GroupName: 'tasks', Description: 'x', VpcId: vpcId })
      const IpPermissions = [
        { IpProtocol: 'tcp', FromPort: 15008, ToPort: 15008, UserIdGroupPairs: [{ GroupId: clusterGroup }] },
      ]
      await ec2.authorizeSecurityGroupIngress({ GroupId, IpPermissions })
      expect((await remove())?.status).to.equal('DELETE_FAILED')
      expect((await eks.listClusters({})).clusters).to.deep.equal([])
      const { SecurityGroups } = await ec2.describeSecurityGroups({ GroupIds: [clusterGroup] })
      expect(SecurityGroups).to.have.length(1)
    })
  })

  describe('load balancers of its services', () => {
    it('get network interfaces late, lose them late, and keep the VPC busy until then', async () => {
      await create()
      const { cluster } = await eks.describeCluster({ name: 'demo' })
      const vpcId = cluster?.resourcesVpcConfig?.vpcId ?? ''
      const ready: string[] = []
      const wanted = {
        service: 'istio-system/eastwest',
        eksCluster: 'demo',
        vpcId,
        internal: true,
        ports: [15008, 15012],
      }
      const { name, securityGroup, dnsName } = addLoadBalancer(region(), wanted, () => ready.push('ready'))
      expect(dnsName).to.match(/^0x7f[0-9a-f]{6}$/)
      const cards = async () => {
        const Filters = [{ Name: 'description', Values: [`ELB ${name}`] }]
        return (await ec2.describeNetworkInterfaces({ Filters })).NetworkInterfaces ?? []
      }
      expect(await cards()).to.deep.equal([])
      await aws.clock.advance(2 * MINUTE)
      expect(ready).to.deep.equal(['ready'])
      expect((await cards()).map(({ RequesterId }) => RequesterId)).to.deep.equal(Array(3).fill('amazon-elb'))
      const gone: string[] = []
      removeWithGroup(region(), name, () => gone.push('gone'))
      expect(await cards()).to.have.length(3)
      expect(await refusal(ec2.deleteSecurityGroup({ GroupId: securityGroup }))).to.include({
        name: 'DependencyViolation',
      })
      await aws.clock.advance(2 * MINUTE)
      expect(gone).to.deep.equal(['gone'])
      expect(await cards()).to.deep.equal([])
      expect(await refusal(ec2.describeSecurityGroups({ GroupIds: [securityGroup] }))).to.include({
        name: 'InvalidGroup.NotFound',
      })
    })
  })

  it('is made and deleted by its own operations too', async () => {
    const { Subnets = [] } = await ec2.describeSubnets({})
    const subnetIds = Subnets.map(({ SubnetId = '' }) => SubnetId)
    const input = { name: 'own', roleArn: 'arn:aws:iam::1:role/r', resourcesVpcConfig: { subnetIds } }
    await eks.createCluster(input)
    expect(await refusal(eks.createCluster(input))).to.include({ name: 'ResourceInUseException', clusterName: 'own' })
    await aws.clock.advance(10 * MINUTE)
    await eks.createNodegroup({
      clusterName: 'own',
      nodegroupName: 'n',
      subnets: subnetIds,
      nodeRole: 'arn:aws:iam::1:role/n',
    })
    expect(await refusal(eks.deleteCluster({ name: 'own' }))).to.include({
      name: 'ResourceInUseException',
      message: 'Cluster has nodegroups attached',
    })
    await eks.deleteNodegroup({ clusterName: 'own', nodegroupName: 'n' })
    await aws.clock.advance(5 * MINUTE)
    expect((await eks.deleteCluster({ name: 'own' })).cluster?.status).to.equal('DELETING')
    await aws.clock.advance(5 * MINUTE)
    expect((await eks.listClusters({})).clusters).to.deep.equal([])
  })

  it('knows which versions of Kubernetes are in support', async () => {
    const { clusterVersions: all = [] } = await eks.describeClusterVersions({})
    expect(all.every(({ versionStatus }) => versionStatus !== 'UNSUPPORTED')).to.equal(true)
    expect(all.filter(({ defaultVersion }) => defaultVersion)).to.have.length(1)
    const { clusterVersions } = await eks.describeClusterVersions({ clusterVersions: ['1.31', '1.30'] })
    expect(clusterVersions?.map(version => [version.clusterVersion, version.versionStatus])).to.deep.equal([
      ['1.31', 'EXTENDED_SUPPORT'],
      ['1.30', 'UNSUPPORTED'],
    ])
    expect(clusterVersions?.[0]?.endOfExtendedSupportDate?.toISOString()).to.equal('2026-11-26T00:00:00.000Z')
  })

  it('keeps addons, pod identities and access entries by cluster', async () => {
    await create()
    const clusterName = 'demo'
    const coredns = { clusterName, addonName: 'coredns' }
    expect(await refusal(eks.createAddon(coredns))).to.include({ name: 'ResourceInUseException', addonName: 'coredns' })
    await eks.deleteAddon(coredns)
    await aws.clock.advance(MINUTE)
    expect(await refusal(eks.describeAddon(coredns))).to.include({ name: 'ResourceNotFoundException' })
    const identity = {
      clusterName,
      namespace: 'istio-system',
      serviceAccount: 'istiod',
      roleArn: `arn:aws:iam::${ACCOUNT}:role/istiod-eks-ecs-demo`,
    }
    expect(await refusal(eks.createPodIdentityAssociation(identity))).to.include({ name: 'ResourceInUseException' })
    const none = { ...identity, serviceAccount: 'other', roleArn: `arn:aws:iam::${ACCOUNT}:role/none` }
    expect(await refusal(eks.createPodIdentityAssociation(none))).to.include({ name: 'InvalidParameterException' })
    const { accessEntries = [] } = await eks.listAccessEntries({ clusterName })
    expect(accessEntries).to.deep.equal([`arn:aws:iam::${ACCOUNT}:user/sandbox`])
    const { associatedAccessPolicies } = await eks.listAssociatedAccessPolicies({
      clusterName,
      principalArn: accessEntries[0],
    })
    expect(associatedAccessPolicies?.[0]?.policyArn).to.match(/AmazonEKSClusterAdminPolicy$/)
    await eks.deleteAccessEntry({ clusterName, principalArn: accessEntries[0] })
    expect((await eks.listAccessEntries({ clusterName })).accessEntries).to.deep.equal([])
  })
})
