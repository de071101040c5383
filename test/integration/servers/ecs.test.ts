import { expect } from 'chai'
import { Account, CLUSTER, isWrite } from '../support/account.ts'
import { parts } from '../support/parts.ts'
import { changesOf } from '../support/program.ts'

const ECS = `ecs-${CLUSTER}`
const SERVICES = ['shell-task', 'echo-service']

/** Moto runs no tasks, so a deployment ends with its time-out, and everything else of it can be seen. */
describe('the step ecs on moto', () => {
  let account: Account
  let network: { readonly vpcId: string; readonly groupId: string }

  before(async function () {
    account = await Account.start(await parts.moto.need(this))
    await account.program.run(['iam', 'ensure'])
  })

  after(() => account?.stop())

  const deploy = async (...more: readonly string[]) => {
    const { document } = await account.program.try(['ecs', 'deploy', '--timeout', '1s', ...more])
    expect(document.error?.code, document.error?.message).to.equal('TIMED_OUT')
    expect(document.error?.message).to.contain('to be steady')
    return changesOf(document)
  }

  /** What moto forgets of a service, ECS Exec and the circuit breaker, the program finds missing each time. */
  const forgotten = SERVICES.map(name => `update ecs-service ${ECS}/${name}`)
  const mended = async (...more: readonly string[]) =>
    (await deploy(...more)).filter(change => !forgotten.includes(change))

  const ingressOf = async (group: string) => {
    const { SecurityGroupRules = [] } = await account.ec2.describeSecurityGroupRules({
      Filters: [{ Name: 'group-id', Values: [group] }],
    })
    return SecurityGroupRules.filter(({ IsEgress }) => !IsEgress)
  }
  const taskGroup = async () => {
    const { SecurityGroups } = await account.ec2.describeSecurityGroups({
      Filters: [{ Name: 'group-name', Values: [`${ECS}-tasks`] }],
    })
    return SecurityGroups?.[0]?.GroupId ?? expect.fail('there is no group of the tasks')
  }

  it('creates nothing before there is an EKS cluster', async () => {
    const calls = await account.callsOf(async () => {
      const { exitCode, document } = await account.program.try(['ecs', 'deploy'])
      expect(exitCode).to.equal(3)
      expect(document.error?.message).to.contain(CLUSTER)
    })
    expect(calls.filter(isWrite)).to.deep.equal([])
  })

  it('plans everything, and writes nothing', async () => {
    network = await account.createCluster()
    const calls = await account.callsOf(async () => {
      expect(await account.program.changes(['ecs', 'deploy', '--dry-run'])).to.include.members([
        `create log-group /ecs/${ECS}`,
        `create ecs-cluster ${ECS}`,
        `create security-group ${ECS}-tasks`,
        ...SERVICES.map(name => `create task-definition ${ECS}-${name}`),
        ...SERVICES.map(name => `create ecs-service ${ECS}/${name}`),
      ])
    })
    expect(calls.filter(isWrite)).to.deep.equal([])
  })

  it('creates it all with few calls, none of them twice', async () => {
    const calls = await account.callsOf(() => deploy())
    const writes = calls.filter(isWrite)
    expect(writes.length).to.be.at.most(10)
    const { services = [] } = await account.ecs.describeServices({ cluster: ECS, services: SERVICES })
    expect(services).to.have.length(2)
    const group = await taskGroup()
    for (const { networkConfiguration, taskDefinition } of services) {
      expect(networkConfiguration?.awsvpcConfiguration?.securityGroups).to.deep.equal([group])
      expect(networkConfiguration?.awsvpcConfiguration?.assignPublicIp).to.equal('DISABLED')
      const { taskDefinition: described } = await account.ecs.describeTaskDefinition({ taskDefinition })
      expect(described?.taskRoleArn).to.contain('/ecs/ambient/eks-ecs-task-role')
      expect(described?.executionRoleArn).to.contain('/ecs/ambient/ecs-task-execution-role')
    }
    const { logGroups } = await account.logs.describeLogGroups({ logGroupNamePrefix: '/ecs/' })
    expect(logGroups?.map(({ logGroupName }) => logGroupName)).to.deep.equal([`/ecs/${ECS}`])
  })

  it('lets in the mesh alone: port 15008, from group to group', async () => {
    const group = await taskGroup()
    const sources = async (into: string) =>
      (await ingressOf(into)).map(({ FromPort, ToPort, ReferencedGroupInfo }) => [
        FromPort,
        ToPort,
        ReferencedGroupInfo?.GroupId,
      ])
    expect(await sources(group)).to.have.deep.members([
      [15008, 15008, group],
      [15008, 15008, network.groupId],
    ])
    expect(await sources(network.groupId)).to.deep.equal([[15008, 15008, group]])
  })

  it('finds nothing more to do', async () => {
    expect(await mended()).to.deep.equal([])
  })

  it('opens to everyone on request, and closes again without it', async () => {
    const wide = async () => {
      const rules = await Promise.all([taskGroup(), network.groupId].map(async group => ingressOf(await group)))
      return rules.map(of => of.filter(({ CidrIpv4 }) => CidrIpv4 === '0.0.0.0/0').length)
    }
    await deploy('--open')
    expect(await wide()).to.deep.equal([1, 1])
    await deploy()
    expect(await wide()).to.deep.equal([0, 0])
  })

  it('mends what somebody took away, and just that', async () => {
    const group = await taskGroup()
    const [rule] = await ingressOf(group)
    await account.ec2.revokeSecurityGroupIngress({
      GroupId: group,
      SecurityGroupRuleIds: [rule?.SecurityGroupRuleId ?? ''],
    })
    expect(await mended()).to.deep.equal([`create security-group-rules ${ECS}-tasks`])
    expect(await ingressOf(group)).to.have.length(2)
    await account.logs.deleteLogGroup({ logGroupName: `/ecs/${ECS}` })
    expect(await mended()).to.deep.equal([`create log-group /ecs/${ECS}`])
  })

  it('deletes what is ours, and nothing beside it, also when the EKS cluster has gone', async () => {
    const { GroupId: foreign = '' } = await account.ec2.createSecurityGroup({
      VpcId: network.vpcId,
      GroupName: 'of-another-team',
      Description: 'not ours',
    })
    const open = { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, IpRanges: [{ CidrIp: '10.0.0.0/8' }] }
    await account.ec2.authorizeSecurityGroupIngress({ GroupId: network.groupId, IpPermissions: [open] })
    await account.ecs.createCluster({ clusterName: 'of-another-team' })
    await account.logs.createLogGroup({ logGroupName: '/ecs/of-another-team' })
    await account.eks.deleteCluster({ name: CLUSTER })
    await account.program.run(['ecs', 'delete', '--yes'])

    const { clusterArns = [] } = await account.ecs.listClusters({})
    const { clusters = [] } = await account.ecs.describeClusters({ clusters: clusterArns })
    const active = clusters.filter(({ status }) => status === 'ACTIVE').map(({ clusterName }) => clusterName)
    expect(active).to.deep.equal(['of-another-team'])
    const { taskDefinitionArns } = await account.ecs.listTaskDefinitions({ status: 'ACTIVE' })
    expect(taskDefinitionArns).to.deep.equal([])
    const { logGroups } = await account.logs.describeLogGroups({})
    expect(logGroups?.map(({ logGroupName }) => logGroupName)).to.deep.equal(['/ecs/of-another-team'])
    const { SecurityGroups = [] } = await account.ec2.describeSecurityGroups({
      Filters: [{ Name: 'vpc-id', Values: [network.vpcId] }],
    })
    expect(SecurityGroups.map(({ GroupId }) => GroupId)).to.include.members([foreign, network.groupId])
    expect(SecurityGroups.map(({ GroupName }) => GroupName)).not.to.include(`${ECS}-tasks`)
    expect((await ingressOf(network.groupId)).map(({ FromPort }) => FromPort)).to.deep.equal([443])
  })

  it('cleans up to nothing when run again', async () => {
    const calls = await account.callsOf(() => account.program.run(['cleanup', '--ecs', '--iam', '--yes']))
    expect(calls.filter(isWrite).every(call => call.startsWith('iam '))).to.equal(true)
    const { Roles } = await account.iam.listRoles({ PathPrefix: '/ecs/ambient/' })
    expect(Roles).to.deep.equal([])
  })
})
