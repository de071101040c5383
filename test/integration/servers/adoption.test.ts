import { expect } from 'chai'
import { Account, CLUSTER } from '../support/account.ts'
import { parts } from '../support/parts.ts'

const ECS = `ecs-${CLUSTER}`
const MARK = 'ecs-ambient/cluster'

describe('adoption on moto', () => {
  let account: Account
  let groupId: string

  /** Somebody has made by hand what the guide's names ask for. */
  before(async function () {
    account = await Account.start(await parts.moto.need(this))
    await account.program.run(['iam', 'ensure'])
    const { vpcId } = await account.createCluster()
    await account.ecs.createCluster({ clusterName: ECS })
    await account.logs.createLogGroup({ logGroupName: `/ecs/${ECS}` })
    const group = { VpcId: vpcId, GroupName: `${ECS}-tasks`, Description: 'made by hand' }
    groupId = (await account.ec2.createSecurityGroup(group)).GroupId ?? ''
  })

  after(() => account?.stop())

  const marks = async () => {
    const { SecurityGroups } = await account.ec2.describeSecurityGroups({ GroupIds: [groupId] })
    const { clusters } = await account.ecs.describeClusters({ clusters: [ECS], include: ['TAGS'] })
    const { logGroups } = await account.logs.describeLogGroups({ logGroupNamePrefix: `/ecs/${ECS}` })
    const resourceArn = logGroups?.[0]?.arn?.replace(/:\*$/, '') ?? ''
    const { tags } = await account.logs.listTagsForResource({ resourceArn })
    return {
      group: SecurityGroups?.[0]?.Tags?.find(({ Key }) => Key === MARK)?.Value,
      cluster: clusters?.[0]?.tags?.find(({ key }) => key === MARK)?.value,
      logs: tags?.[MARK],
    }
  }

  it('happens on request alone', async () => {
    await account.program.try(['ecs', 'deploy', '--timeout', '1s'])
    expect(await marks()).to.deep.equal({ group: undefined, cluster: undefined, logs: undefined })
    await account.program.try(['ecs', 'deploy', '--timeout', '1s', '--adopt'])
    expect(await marks()).to.deep.equal({ group: CLUSTER, cluster: CLUSTER, logs: CLUSTER })
  })

  it('lets cleanup take away what was adopted', async () => {
    await account.eks.deleteCluster({ name: CLUSTER })
    await account.program.run(['cleanup', '--ecs', '--iam', '--yes'])
    const { SecurityGroups = [] } = await account.ec2.describeSecurityGroups({
      Filters: [{ Name: 'tag-key', Values: [MARK] }],
    })
    const { clusters = [] } = await account.ecs.describeClusters({ clusters: [ECS] })
    const { logGroups } = await account.logs.describeLogGroups({ logGroupNamePrefix: `/ecs/${ECS}` })
    expect([SecurityGroups, clusters.filter(({ status }) => status === 'ACTIVE'), logGroups]).to.deep.equal([
      [],
      [],
      [],
    ])
  })
})
