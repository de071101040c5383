import { EC2 } from '@aws-sdk/client-ec2'
import { expect } from 'chai'
import { refusal, startAws, type TestAws } from '../../support/aws.ts'

describe('EC2 in the sandbox', () => {
  let aws: TestAws
  let ec2: EC2
  let vpcId: string

  beforeEach(async () => {
    aws = await startAws()
    ec2 = new EC2(aws.client)
    const { Vpc } = await ec2.createVpc({ CidrBlock: '10.0.0.0/16' })
    vpcId = Vpc?.VpcId ?? ''
  })

  afterEach(() => aws.close())

  async function group(GroupName: string, tags: Record<string, string> = {}): Promise<string> {
    const Tags = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
    const { GroupId = '' } = await ec2.createSecurityGroup({
      GroupName,
      Description: GroupName,
      VpcId: vpcId,
      TagSpecifications: Tags.length > 0 ? [{ ResourceType: 'security-group', Tags }] : [],
    })
    return GroupId
  }

  const https = (peer: string) => [
    { IpProtocol: 'tcp', FromPort: 443, ToPort: 443, UserIdGroupPairs: [{ GroupId: peer, Description: 'mesh' }] },
  ]

  describe('security groups', () => {
    it('let everything out and nothing in', async () => {
      const { SecurityGroups } = await ec2.describeSecurityGroups({ GroupIds: [await group('g')] })
      expect(SecurityGroups?.[0]?.IpPermissions).to.deep.equal([])
      expect(SecurityGroups?.[0]?.IpPermissionsEgress?.[0]).to.deep.include({
        IpProtocol: '-1',
        IpRanges: [{ CidrIp: '0.0.0.0/0' }],
      })
    })

    it('have names that are unique in their VPC only', async () => {
      await group('same')
      const again = await refusal(group('same'))
      expect(again).to.include({
        name: 'InvalidGroup.Duplicate',
        message: `The security group 'same' already exists for VPC '${vpcId}'`,
      })
      await ec2.createSecurityGroup({ GroupName: 'same', Description: 'in the default VPC' })
      const elsewhere = ec2.createSecurityGroup({ GroupName: 'x', Description: 'x', VpcId: 'vpc-1' })
      expect(await refusal(elsewhere)).to.include({ name: 'InvalidVpcID.NotFound' })
    })

    it('are found by tag, name pattern and VPC', async () => {
      const tagged = await group('ecs-one', { 'ecs-ambient/cluster': 'one' })
      await group('ecs-two', { 'ecs-ambient/cluster': 'two' })
      const find = async (...filters: [string, ...string[]][]) => {
        const Filters = filters.map(([Name, ...Values]) => ({ Name, Values }))
        return (await ec2.describeSecurityGroups({ Filters })).SecurityGroups?.map(({ GroupName }) => GroupName)
      }
      expect(await find(['tag:ecs-ambient/cluster', 'one'])).to.deep.equal(['ecs-one'])
      expect(await find(['tag-key', 'ecs-ambient/*'])).to.have.members(['ecs-one', 'ecs-two'])
      expect(await find(['group-name', 'ecs-*'], ['vpc-id', vpcId])).to.have.members(['ecs-one', 'ecs-two'])
      expect(await find(['group-name', 'ECS-ONE'])).to.deep.equal([])
      expect(await find(['group-id', tagged, 'sg-other'])).to.deep.equal(['ecs-one'])
      expect(await refusal(find(['made-up', 'x']))).to.include({ name: 'InvalidParameterValue' })
    })

    it('come in pages', async () => {
      for (let count = 0; count < 7; count += 1) await group(`g${count}`)
      const names: (string | undefined)[] = []
      let NextToken: string | undefined
      let pages = 0
      do {
        const page = await ec2.describeSecurityGroups({ MaxResults: 5, ...(NextToken ? { NextToken } : {}) })
        names.push(...(page.SecurityGroups ?? []).map(({ GroupName }) => GroupName))
        NextToken = page.NextToken
        pages += 1
      } while (NextToken)
      expect(pages).to.equal(2)
      expect(new Set(names)).to.have.property('size', 8)
    })

    it('can not go while another group names them, or a network interface has them', async () => {
      const [used, user] = [await group('used'), await group('user')]
      await ec2.authorizeSecurityGroupIngress({ GroupId: user, IpPermissions: https(used) })
      expect(await refusal(ec2.deleteSecurityGroup({ GroupId: used }))).to.include({
        name: 'DependencyViolation',
        message: `resource ${used} has a dependent object`,
      })
      await ec2.deleteSecurityGroup({ GroupId: user })
      const { Subnet } = await ec2.createSubnet({ VpcId: vpcId, CidrBlock: '10.0.0.0/24' })
      const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId: Subnet?.SubnetId, Groups: [used] })
      expect(await refusal(ec2.deleteSecurityGroup({ GroupId: used }))).to.include({ name: 'DependencyViolation' })
      await ec2.deleteNetworkInterface({ NetworkInterfaceId: NetworkInterface?.NetworkInterfaceId })
      await ec2.deleteSecurityGroup({ GroupId: used })
      expect(await refusal(ec2.deleteSecurityGroup({ GroupId: used }))).to.include({ name: 'InvalidGroup.NotFound' })
    })

    it('that name themselves can go', async () => {
      const own = await group('own')
      await ec2.authorizeSecurityGroupIngress({ GroupId: own, IpPermissions: https(own) })
      await ec2.deleteSecurityGroup({ GroupId: own })
      const { SecurityGroupRules } = await ec2.describeSecurityGroupRules({
        Filters: [{ Name: 'group-id', Values: [own] }],
      })
      expect(SecurityGroupRules).to.deep.equal([])
    })
  })

  describe('rules', () => {
    it('take tags at their making and are found by them', async () => {
      const [to, from] = [await group('to'), await group('from')]
      const Tags = [{ Key: 'ecs-ambient/cluster', Value: 'c' }]
      const { SecurityGroupRules: made } = await ec2.authorizeSecurityGroupIngress({
        GroupId: to,
        IpPermissions: https(from),
        TagSpecifications: [{ ResourceType: 'security-group-rule', Tags }],
      })
      const { SecurityGroupRules: found } = await ec2.describeSecurityGroupRules({
        Filters: [{ Name: 'tag:ecs-ambient/cluster', Values: ['c'] }],
      })
      expect(found).to.deep.equal(made)
      expect(found?.[0]).to.deep.include({
        GroupId: to,
        IsEgress: false,
        IpProtocol: 'tcp',
        FromPort: 443,
        Description: 'mesh',
        Tags,
      })
      expect(found?.[0]?.ReferencedGroupInfo).to.include({ GroupId: from, VpcId: vpcId })
    })

    it('can not be there twice, in one request or in two', async () => {
      const [to, from] = [await group('to'), await group('from')]
      await ec2.authorizeSecurityGroupIngress({ GroupId: to, IpPermissions: https(from) })
      const again = await refusal(ec2.authorizeSecurityGroupIngress({ GroupId: to, IpPermissions: https(from) }))
      expect(again.name).to.equal('InvalidPermission.Duplicate')
      expect(again.message).to.equal(
        `the specified rule "peer: ${from}, TCP, from port: 443, to port: 443, ALLOW" already exists`,
      )
      const twice = [...https(to), ...https(to)]
      expect(await refusal(ec2.authorizeSecurityGroupIngress({ GroupId: to, IpPermissions: twice }))).to.include({
        name: 'InvalidPermission.Duplicate',
      })
      await ec2.authorizeSecurityGroupEgress({ GroupId: to, IpPermissions: https(from) })
    })

    it('and groups have descriptions of few characters', async () => {
      const to = await group('to')
      const cidr = (Description: string) => [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '10.0.0.0/8', Description }] }]
      const authorize = (Description: string) =>
        ec2.authorizeSecurityGroupIngress({ GroupId: to, IpPermissions: cidr(Description) })
      expect(await refusal(authorize("don't"))).to.include({ name: 'InvalidParameterValue' })
      await authorize('all (by --open)')
      const quoted = ec2.createSecurityGroup({ GroupName: 'q', Description: 'a "quote"' })
      expect((await refusal(quoted)).message).to.match(/^Invalid security group description/)
    })

    it('are made all or none', async () => {
      const to = await group('to')
      const IpPermissions = [...https(to), ...https('sg-none')]
      expect(await refusal(ec2.authorizeSecurityGroupIngress({ GroupId: to, IpPermissions }))).to.include({
        name: 'InvalidGroup.NotFound',
      })
      expect((await ec2.describeSecurityGroups({ GroupIds: [to] })).SecurityGroups?.[0]?.IpPermissions).to.deep.equal(
        [],
      )
    })

    it('are revoked by what they say or by id, and only where they are', async () => {
      const [to, from] = [await group('to'), await group('from')]
      const authorize = async () => {
        const made = await ec2.authorizeSecurityGroupIngress({ GroupId: to, IpPermissions: https(from) })
        return made.SecurityGroupRules?.[0]?.SecurityGroupRuleId ?? ''
      }
      await authorize()
      await ec2.revokeSecurityGroupIngress({ GroupId: to, IpPermissions: https(from) })
      expect(await refusal(ec2.revokeSecurityGroupIngress({ GroupId: to, IpPermissions: https(from) }))).to.include({
        name: 'InvalidPermission.NotFound',
      })
      const SecurityGroupRuleIds = [await authorize()]
      expect(await refusal(ec2.revokeSecurityGroupIngress({ GroupId: from, SecurityGroupRuleIds }))).to.include({
        name: 'InvalidSecurityGroupRuleId.NotFound',
      })
      expect((await ec2.revokeSecurityGroupIngress({ GroupId: to, SecurityGroupRuleIds })).Return).to.equal(true)
      expect(await refusal(ec2.describeSecurityGroupRules({ SecurityGroupRuleIds }))).to.include({
        name: 'InvalidSecurityGroupRuleId.NotFound',
      })
    })

    it('of one port are one permission in the older form', async () => {
      const [to, a, b] = [await group('to'), await group('a'), await group('b')]
      await ec2.authorizeSecurityGroupIngress({ GroupId: to, IpPermissions: [...https(a), ...https(b)] })
      const { SecurityGroups } = await ec2.describeSecurityGroups({ GroupIds: [to] })
      const [permission, ...others] = SecurityGroups?.[0]?.IpPermissions ?? []
      expect(others).to.deep.equal([])
      expect(permission?.UserIdGroupPairs?.map(({ GroupId }) => GroupId)).to.have.members([a, b])
    })

    it('never join groups of two VPCs', async () => {
      const to = await group('to')
      const { GroupId = '' } = await ec2.createSecurityGroup({ GroupName: 'far', Description: 'x' })
      expect(
        await refusal(ec2.authorizeSecurityGroupIngress({ GroupId: to, IpPermissions: https(GroupId) })),
      ).to.include({ name: 'InvalidGroup.NotFound' })
    })
  })

  describe('tags', () => {
    it('are set on anything by its id and taken away by key, or by key and value', async () => {
      const id = await group('g', { a: '1', b: '2', c: '3' })
      await ec2.createTags({ Resources: [id, vpcId], Tags: [{ Key: 'a', Value: 'one' }] })
      await ec2.deleteTags({ Resources: [id], Tags: [{ Key: 'b' }, { Key: 'c', Value: 'other' }] })
      const { Tags } = await ec2.describeTags({ Filters: [{ Name: 'resource-id', Values: [id] }] })
      expect(Tags?.map(({ Key, Value, ResourceType }) => [Key, Value, ResourceType])).to.deep.equal([
        ['a', 'one', 'security-group'],
        ['c', '3', 'security-group'],
      ])
      expect((await ec2.describeVpcs({ VpcIds: [vpcId] })).Vpcs?.[0]?.Tags).to.deep.equal([{ Key: 'a', Value: 'one' }])
      expect(await refusal(ec2.createTags({ Resources: ['sg-none'], Tags: [{ Key: 'a', Value: '' }] }))).to.include({
        name: 'InvalidID',
      })
    })

    it('are at most fifty', async () => {
      const Tags = Array.from({ length: 51 }, (_, index) => ({ Key: `k${index}`, Value: '' }))
      expect(await refusal(ec2.createTags({ Resources: [vpcId], Tags }))).to.include({ name: 'TagLimitExceeded' })
    })
  })

  it('keeps a VPC while anything but its own default group is in it', async () => {
    const { Subnet } = await ec2.createSubnet({ VpcId: vpcId, CidrBlock: '10.0.0.0/24' })
    expect(await refusal(ec2.deleteVpc({ VpcId: vpcId }))).to.include({ name: 'DependencyViolation' })
    await ec2.deleteSubnet({ SubnetId: Subnet?.SubnetId })
    await ec2.deleteVpc({ VpcId: vpcId })
    expect(await refusal(ec2.describeVpcs({ VpcIds: [vpcId] }))).to.include({ name: 'InvalidVpcID.NotFound' })
  })

  it('routes a subnet through a NAT gateway once that works', async () => {
    const { Subnet } = await ec2.createSubnet({ VpcId: vpcId, CidrBlock: '10.0.0.0/24' })
    const { NatGateway } = await ec2.createNatGateway({ SubnetId: Subnet?.SubnetId })
    expect(NatGateway?.State).to.equal('pending')
    const { RouteTables } = await ec2.describeRouteTables({ Filters: [{ Name: 'vpc-id', Values: [vpcId] }] })
    const route = { RouteTableId: RouteTables?.[0]?.RouteTableId, DestinationCidrBlock: '0.0.0.0/0' }
    await ec2.createRoute({ ...route, NatGatewayId: NatGateway?.NatGatewayId })
    expect(await refusal(ec2.createRoute({ ...route, NatGatewayId: NatGateway?.NatGatewayId }))).to.include({
      name: 'RouteAlreadyExists',
    })
    await aws.clock.advance(120_000)
    const describe = async () =>
      (await ec2.describeNatGateways({ Filter: [{ Name: 'vpc-id', Values: [vpcId] }] })).NatGateways
    expect((await describe())?.[0]?.State).to.equal('available')
    await ec2.deleteRoute(route)
    await ec2.deleteNatGateway({ NatGatewayId: NatGateway?.NatGatewayId })
    await aws.clock.advance(120_000)
    expect(await describe()).to.deep.equal([])
  })

  it('makes endpoints, finds them by service and deletes them', async () => {
    const ServiceName = 'com.amazonaws.us-east-1.ssmmessages'
    const { VpcEndpoint } = await ec2.createVpcEndpoint({ VpcId: vpcId, VpcEndpointType: 'Interface', ServiceName })
    const find = async () =>
      (await ec2.describeVpcEndpoints({ Filters: [{ Name: 'service-name', Values: [ServiceName] }] })).VpcEndpoints
    expect((await find())?.map(({ VpcEndpointId }) => VpcEndpointId)).to.deep.equal([VpcEndpoint?.VpcEndpointId])
    const VpcEndpointIds = [VpcEndpoint?.VpcEndpointId ?? '', 'vpce-none']
    const { Unsuccessful } = await ec2.deleteVpcEndpoints({ VpcEndpointIds })
    expect(Unsuccessful?.map(({ ResourceId }) => ResourceId)).to.deep.equal(['vpce-none'])
    expect(await find()).to.deep.equal([])
  })

  it('gives each network interface of a subnet an address of its own', async () => {
    const { Subnet } = await ec2.createSubnet({ VpcId: vpcId, CidrBlock: '10.0.2.0/24' })
    const create = async () => {
      const { NetworkInterface } = await ec2.createNetworkInterface({ SubnetId: Subnet?.SubnetId })
      return NetworkInterface?.PrivateIpAddress
    }
    expect([await create(), await create()]).to.deep.equal(['10.0.2.10', '10.0.2.11'])
  })

  it('has a default VPC whose subnets give public addresses', async () => {
    const { Vpcs } = await ec2.describeVpcs({ Filters: [{ Name: 'is-default', Values: ['true'] }] })
    const { Subnets } = await ec2.describeSubnets({ Filters: [{ Name: 'vpc-id', Values: [Vpcs?.[0]?.VpcId ?? ''] }] })
    expect(Subnets?.map(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch)).to.deep.equal([true, true, true])
  })

  it('knows its regions and zones', async () => {
    const { Regions } = await ec2.describeRegions({})
    expect(Regions?.map(({ RegionName }) => RegionName)).to.include.members(['us-east-1', 'eu-central-1'])
    expect(await refusal(ec2.describeRegions({ RegionNames: ['us-nowhere-1'] }))).to.include({
      name: 'InvalidParameterValue',
    })
    const { AvailabilityZones } = await ec2.describeAvailabilityZones({})
    expect(AvailabilityZones?.map(({ ZoneId }) => ZoneId)).to.deep.equal(['use1-az1', 'use1-az2', 'use1-az3'])
  })
})
