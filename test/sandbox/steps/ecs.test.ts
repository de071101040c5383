import type { RegisterTaskDefinitionRequest } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import type { EcsClusterSettings } from '../../../src/lib/config/settings.ts'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { ecsStep, newEcsStep } from '../../../src/lib/steps/ecs/index.ts'
import { iamStep } from '../../../src/lib/steps/iam/index.ts'
import { settings } from '../../support/settings.ts'
import { type AwsWorld, changesOf, type Ran, startAws, well, writes } from './world.ts'

const ECS = 'ecs-ambient-ecs'
const GROUP = 'ecs-ambient-ecs-tasks'
const LOGS = '/ecs/ecs-ambient-ecs'

function failureOf({ result }: Ran) {
  if (!isFailure(result.error)) throw result.error ?? new Error('no failure')
  return result.error
}

describe('the step ecs on the sandbox', function () {
  this.timeout(30_000)
  let aws: AwsWorld
  beforeEach(async () => {
    aws = await startAws(5000)
    await Promise.all([aws.makeEks(), aws.up(iamStep).then(well)])
  })
  afterEach(() => aws.close())

  const network = async () => {
    const { cluster } = await aws.cloud.call('eks', 'DescribeCluster', { name: 'ambient-ecs' })
    const { vpcId = '', clusterSecurityGroupId = '' } = cluster?.resourcesVpcConfig ?? {}
    return { vpcId, clusterSecurityGroupId }
  }
  const service = async (name: string) => {
    const { services = [] } = await aws.cloud.call('ecs', 'DescribeServices', { cluster: ECS, services: [name] })
    return services[0]
  }
  const groupsNamed = async (name: string) => {
    const Filters = [{ Name: 'group-name', Values: [name] }]
    return (await aws.cloud.call('ec2', 'DescribeSecurityGroups', { Filters })).SecurityGroups ?? []
  }
  /** The rules that let something into a group, in a few words. */
  const ingress = async (group: string) => {
    const Filters = [{ Name: 'group-id', Values: [group] }]
    const { SecurityGroupRules = [] } = await aws.cloud.call('ec2', 'DescribeSecurityGroupRules', { Filters })
    return SecurityGroupRules.filter(({ IsEgress }) => !IsEgress).map(
      ({ IpProtocol, FromPort, ReferencedGroupInfo, CidrIpv4 }) =>
        `${IpProtocol} ${FromPort} ${ReferencedGroupInfo?.GroupId ?? CidrIpv4}`,
    )
  }
  /** All that the step may leave behind. */
  const census = async () => {
    const [clusters, active, inactive, groups, logs] = await Promise.all([
      aws.cloud.call('ecs', 'ListClusters', {}),
      aws.cloud.call('ecs', 'ListTaskDefinitions', { status: 'ACTIVE' }),
      aws.cloud.call('ecs', 'ListTaskDefinitions', { status: 'INACTIVE' }),
      groupsNamed(GROUP),
      aws.cloud.call('logs', 'DescribeLogGroups', {}),
    ])
    return [
      ...(clusters.clusterArns ?? []),
      ...(active.taskDefinitionArns ?? []),
      ...(inactive.taskDefinitionArns ?? []),
      ...groups.map(({ GroupId }) => GroupId),
      ...(logs.logGroups ?? []).map(({ logGroupName }) => logGroupName),
    ]
  }
  /** What `istioctl ecs add-service` does: a revision with the proxy in it, which the service then runs. */
  const enrol = async (name: string) => {
    const family = `${ECS}-${name}`
    const { taskDefinition } = await aws.cloud.call('ecs', 'DescribeTaskDefinition', { taskDefinition: family })
    const { containerDefinitions = [], ...rest } = taskDefinition ?? {}
    const ztunnel = { name: 'ztunnel', image: 'registry.example/istio/ztunnel:1.24.1', essential: true }
    const own = containerDefinitions.map(c => ({
      ...c,
      dependsOn: [{ containerName: 'ztunnel', condition: 'START' as const }],
    }))
    const request = {
      family,
      cpu: rest.cpu,
      memory: rest.memory,
      networkMode: rest.networkMode,
      requiresCompatibilities: rest.requiresCompatibilities,
      taskRoleArn: rest.taskRoleArn,
      executionRoleArn: rest.executionRoleArn,
      containerDefinitions: [...own, ztunnel],
      tags: [{ key: 'ecs.solo.io/service-account', value: 'demo' }],
    } satisfies RegisterTaskDefinitionRequest
    const { taskDefinition: made } = await aws.cloud.call('ecs', 'RegisterTaskDefinition', request)
    const arn = made?.taskDefinitionArn ?? ''
    await aws.cloud.call('ecs', 'UpdateService', { cluster: ECS, service: name, taskDefinition: arn })
    return arn
  }

  describe('where nothing is', () => {
    it('makes everything with few calls, and none of them twice', async () => {
      await aws.cloud.call('iam', 'CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com' })
      await aws.cloud.clock.sleep(60_000)
      const ran = well(await aws.up(ecsStep))
      const last = ran.calls.findLastIndex(call => call.writes)
      const [reading, writing] = [ran.calls.slice(0, last), writes(ran)]
      expect(writing).to.have.members([
        'CreateLogGroup',
        'CreateCluster',
        'CreateSecurityGroup',
        'RegisterTaskDefinition',
        'RegisterTaskDefinition',
        'AuthorizeSecurityGroupIngress',
        'AuthorizeSecurityGroupIngress',
        'CreateService',
        'CreateService',
      ])
      const reads = reading.filter(call => !call.writes).map(({ operation, subject }) => `${operation} ${subject}`)
      expect(reads.length).to.be.at.most(14)
      expect(new Set(reads).size).to.equal(reads.length)
    })

    it('has steady services then, and nothing to write the second time', async () => {
      const first = well(await aws.up(ecsStep))
      expect(first.result.facts).to.have.keys('vpcId', 'subnetIds', 'clusterSecurityGroupId', 'services')
      const second = well(await aws.up(ecsStep))
      expect(second.result.status).to.equal('unchanged')
      expect(writes(second)).to.deep.equal([])
    })

    it('lets in the mesh and nothing else', async () => {
      well(await aws.up(ecsStep))
      const [group] = await groupsNamed(GROUP)
      const { clusterSecurityGroupId: eks } = await network()
      const id = group?.GroupId ?? ''
      expect(await ingress(id)).to.have.members([`tcp 15008 ${eks}`, `tcp 15008 ${id}`])
      expect(await ingress(eks)).to.include(`tcp 15008 ${id}`)
      expect(await ingress(eks)).not.to.include('-1 -1 0.0.0.0/0')
    })

    it('opens everything only on request, and shuts it again', async () => {
      well(await aws.up(ecsStep, { open: true }))
      const { clusterSecurityGroupId: eks } = await network()
      const [group] = await groupsNamed(GROUP)
      for (const id of [eks, group?.GroupId ?? '']) expect(await ingress(id)).to.include('-1 -1 0.0.0.0/0')
      const shut = well(await aws.up(ecsStep))
      expect(writes(shut)).to.deep.equal(['RevokeSecurityGroupIngress', 'RevokeSecurityGroupIngress'])
      for (const id of [eks, group?.GroupId ?? '']) expect(await ingress(id)).not.to.include('-1 -1 0.0.0.0/0')
    })

    it('makes nothing without the EKS cluster or the roles', async () => {
      const noCluster = await aws.up(ecsStep, { clusterName: 'missing' })
      expect([failureOf(noCluster).code, failureOf(noCluster).exit]).to.deep.equal(['INPUT_MISSING', 3])
      well(await aws.down(iamStep))
      await aws.cloud.clock.sleep(60_000)
      expect(failureOf(await aws.up(ecsStep)).message).to.contain('eks-ecs-task-role')
      expect(await census()).to.deep.equal([])
    })

    it('ends well when two runs make it at the same time', async () => {
      for (const ran of await Promise.all([aws.up(ecsStep), aws.up(ecsStep)])) well(ran)
      expect(writes(well(await aws.up(ecsStep)))).to.deep.equal([])
      well(await aws.down(ecsStep))
      expect(await census()).to.deep.equal([])
    })

    it('tries again while a new role can not be assumed', async () => {
      let refusals = 2
      aws.calls.fault = ({ operation }) =>
        operation === 'RegisterTaskDefinition' && refusals-- > 0
          ? { kind: 'error', when: 'before', code: 'ClientException', status: 400, message: 'Role is not valid' }
          : undefined
      well(await aws.up(ecsStep))
    })

    it('says of each refusal that AWS is throttling, and in the end that it went on', async () => {
      const throttled = { code: 'ThrottlingException', status: 400, message: 'Rate exceeded' }
      aws.calls.fault = ({ operation }) =>
        operation === 'CreateLogGroup' ? { kind: 'error', when: 'before', ...throttled } : undefined
      const { result, host } = await aws.up(ecsStep)
      aws.calls.fault = () => undefined
      expect(result.error).to.include({ code: 'THROTTLED', exit: 1 })
      const waits = host.of('waiting').filter(({ what }) => what === 'AWS to take logs:CreateLogGroup again')
      expect(waits.map(({ step, last }) => `${step}: ${last}`)).to.deep.equal(
        Array.from({ length: 7 }, () => 'ecs: ThrottlingException: Rate exceeded'),
      )
      well(await aws.up(ecsStep))
    })

    it('takes what it made without hearing of it for its own', async () => {
      const lost = new Set([
        'CreateSecurityGroup',
        'CreateService',
        'CreateLogGroup',
        'AuthorizeSecurityGroupIngress',
        'RegisterTaskDefinition',
      ])
      aws.calls.fault = ({ operation }) => (lost.delete(operation) ? { kind: 'reset', when: 'after' } : undefined)
      well(await aws.up(ecsStep))
      expect(lost.size).to.equal(0)
      expect((await census()).filter(name => name?.includes('task-definition'))).to.have.length(2)
      expect(writes(well(await aws.up(ecsStep)))).to.deep.equal([])
    })

    it('registers a task definition again where AWS did not say, and had not done it', async () => {
      const lost = new Set(['RegisterTaskDefinition'])
      aws.calls.fault = ({ operation }) => (lost.delete(operation) ? { kind: 'reset', when: 'before' } : undefined)
      well(await aws.up(ecsStep))
      expect((await census()).filter(name => name?.includes('task-definition'))).to.have.length(2)
    })

    it('keeps two ECS clusters of one EKS cluster apart', async () => {
      const [first] = settings().ecsClusters
      const second = { ...first, name: 'ecs-two' } as EcsClusterSettings
      const both = { ecsClusters: [first, second].filter(cluster => cluster !== undefined) }
      well(await aws.up(ecsStep, both))
      expect(writes(well(await aws.up(ecsStep, both)))).to.deep.equal([])
      const removal = well(await aws.down(ecsStep))
      expect(
        removal.host
          .of('warning')
          .map(({ message }) => message)
          .join(),
      ).to.contain('ecs-ambient ecs delete --ecs-cluster ecs-two')
      const left = await census()
      expect(left.filter(name => name?.includes('ecs-ambient-ecs'))).to.deep.equal([])
      well(await aws.up(ecsStep, { ecsClusters: [second] }))
      well(await aws.down(ecsStep, both))
      expect(await census()).to.deep.equal([])
    })

    it('tells of an ECS cluster that was taken out of the configuration, and takes it along where all is to go', async () => {
      const [first] = settings().ecsClusters
      const second = { ...first, name: 'ecs-two', services: [{ name: 'orders', taskDefinition: 'echo-service' }] }
      const both = { ecsClusters: [first, second].filter(cluster => cluster !== undefined) as EcsClusterSettings[] }
      well(await aws.up(ecsStep, both))
      const again = well(await aws.up(ecsStep))
      expect(again.host.of('warning').map(({ message }) => message)).to.have.length(1)
      const going = newEcsStep({ everywhere: true })
      well(await aws.down(going))
      expect(await census()).to.deep.equal([])
      expect(await groupsNamed('ecs-two-tasks')).to.deep.equal([])
      expect(writes(well(await aws.down(going)))).to.deep.equal([])
    })

    it('builds for whoever may not list ECS clusters, and takes nothing away unseen', async () => {
      aws.calls.fault = ({ operation }) =>
        operation === 'ListClusters'
          ? { kind: 'error', when: 'before', code: 'AccessDeniedException', status: 400, message: 'no' }
          : undefined
      well(await aws.up(ecsStep))
      expect(failureOf(await aws.down(newEcsStep({ everywhere: true }))).code).to.equal('ACCESS_DENIED')
    })

    it('goes on with one of which only the group of its tasks is left', async () => {
      const [first] = settings().ecsClusters
      well(await aws.up(ecsStep, { ecsClusters: [{ ...first, name: 'ecs-two' } as EcsClusterSettings] }))
      const { services = [] } = await aws.cloud.call('ecs', 'DescribeServices', {
        cluster: 'ecs-two',
        services: ['shell-task', 'echo-service'],
      })
      for (const { serviceName: service } of services) {
        await aws.cloud.call('ecs', 'DeleteService', { cluster: 'ecs-two', service, force: true })
      }
      well(await aws.down(newEcsStep({ everywhere: true })))
      expect(await census()).to.deep.equal([])
      expect(await groupsNamed('ecs-two-tasks')).to.deep.equal([])
    })
  })

  describe('where everything is', () => {
    beforeEach(async () => {
      well(await aws.up(ecsStep))
    })

    it('leaves enrolled services enrolled', async () => {
      const arn = await enrol('shell-task')
      const ran = well(await aws.up(ecsStep))
      expect(writes(ran)).to.deep.equal([])
      expect((await service('shell-task'))?.taskDefinition).to.equal(arn)
    })

    it('rolls out a new image, enrolled or not', async () => {
      await enrol('shell-task')
      const images = { shell: 'curlimages/curl:8.12.0', echo: 'gcr.io/istio-testing/app:1.24.2' }
      const ran = well(await aws.up(ecsStep, { images }))
      expect(changesOf(ran)).to.have.members([
        `create task-definition ${ECS}-shell-task`,
        `create task-definition ${ECS}-echo-service`,
        `update ecs-service ${ECS}/shell-task`,
        `update ecs-service ${ECS}/echo-service`,
      ])
      expect(writes(well(await aws.up(ecsStep, { images })))).to.deep.equal([])
    })

    it('uses a revision that it registered before it died', async () => {
      const images = { shell: 'curlimages/curl:8.12.0', echo: 'gcr.io/istio-testing/app:1.24.1' }
      aws.calls.fault = ({ operation }) =>
        operation === 'UpdateService'
          ? { kind: 'error', when: 'before', code: 'AccessDeniedException', status: 400, message: 'no' }
          : undefined
      expect(failureOf(await aws.up(ecsStep, { images })).code).to.equal('ACCESS_DENIED')
      aws.calls.fault = () => undefined
      expect(writes(well(await aws.up(ecsStep, { images })))).to.deep.equal(['UpdateService'])
    })

    const drifts: readonly (readonly [string, () => Promise<unknown>, readonly string[]])[] = [
      [
        'a service scaled to nothing',
        () => aws.cloud.call('ecs', 'UpdateService', { cluster: ECS, service: 'shell-task', desiredCount: 0 }),
        [`update ecs-service ${ECS}/shell-task`],
      ],
      [
        'a service without ECS Exec',
        () =>
          aws.cloud.call('ecs', 'UpdateService', { cluster: ECS, service: 'shell-task', enableExecuteCommand: false }),
        [`update ecs-service ${ECS}/shell-task`],
      ],
      [
        'a deleted service',
        async () => {
          await aws.cloud.call('ecs', 'DeleteService', { cluster: ECS, service: 'shell-task', force: true })
        },
        [`create ecs-service ${ECS}/shell-task`],
      ],
      [
        'a deleted log group',
        () => aws.cloud.call('logs', 'DeleteLogGroup', { logGroupName: LOGS }),
        [`create log-group ${LOGS}`],
      ],
      [
        'revoked rules',
        async () => {
          const { clusterSecurityGroupId: GroupId } = await network()
          const [group] = await groupsNamed(GROUP)
          const IpPermissions = [
            { IpProtocol: 'tcp', FromPort: 15008, ToPort: 15008, UserIdGroupPairs: [{ GroupId: group?.GroupId }] },
          ]
          await aws.cloud.call('ec2', 'RevokeSecurityGroupIngress', { GroupId, IpPermissions })
        },
        ['create security-group-rules EKS cluster security group'],
      ],
      [
        'the deregistered revision of a running service',
        async () => {
          const taskDefinition = (await service('echo-service'))?.taskDefinition ?? ''
          await aws.cloud.call('ecs', 'DeregisterTaskDefinition', { taskDefinition })
        },
        [`create task-definition ${ECS}-echo-service`, `update ecs-service ${ECS}/echo-service`],
      ],
    ]
    for (const [what, drift, changes] of drifts) {
      it(`repairs just ${what}`, async () => {
        await drift()
        expect(changesOf(well(await aws.up(ecsStep)))).to.have.members(changes)
        expect(writes(well(await aws.up(ecsStep)))).to.deep.equal([])
      })
    }

    it('ends at once when a rollout fails, with what ECS says of it, and tries again the next time', async () => {
      const images = { shell: 'curlimages/curl:8.11.1', echo: 'bad.example/app:1' }
      aws.cloud.region().ecs.badImages.add(images.echo)
      const failure = failureOf(await aws.up(ecsStep, { images }))
      expect([failure.code, failure.exit]).to.deep.equal(['ROLLOUT_FAILED', 1])
      expect(failure.message).to.contain('echo-service')
      expect(failure.why.join('\n')).to.match(/CannotPullContainerError/)
      expect(failure.suggestions.join('\n')).to.match(/registry/)
      aws.cloud.region().ecs.badImages.clear()
      const again = well(await aws.up(ecsStep, { images }))
      expect(changesOf(again)).to.deep.equal([`update ecs-service ${ECS}/echo-service`])
    })

    it('shows the exit code of a container that does not stay up', async () => {
      const images = { shell: 'curlimages/curl:8.11.1', echo: 'crashing.example/app:1' }
      aws.cloud.region().ecs.exitCodes.set(images.echo, 3)
      const failure = failureOf(await aws.up(ecsStep, { images }))
      expect(failure.why.join('\n')).to.match(/Essential container in task exited/)
      expect(failure.why.join('\n')).to.match(/container echo-service exited with 3/)
    })

    describe('and goes again', () => {
      it('leaves nothing behind, and has nothing to do the second time', async () => {
        await enrol('shell-task')
        await enrol('echo-service')
        well(await aws.down(ecsStep))
        expect(await census()).to.deep.equal([])
        const { clusterSecurityGroupId: eks } = await network()
        expect((await ingress(eks)).filter(rule => rule.includes('15008'))).to.deep.equal([])
        expect(writes(well(await aws.down(ecsStep)))).to.deep.equal([])
      })

      it('goes on from wherever an earlier removal was stopped', async () => {
        const refusals = [
          ['DeleteService'],
          ['RevokeSecurityGroupIngress'],
          ['DeleteCluster', 'DeleteSecurityGroup', 'DeleteTaskDefinitions', 'DeleteLogGroup'],
        ]
        for (const refused of refusals) {
          const answer = {
            kind: 'error',
            when: 'before',
            code: 'AccessDeniedException',
            status: 400,
            message: 'no',
          } as const
          aws.calls.fault = ({ operation }) => (refused.includes(operation) ? answer : undefined)
          expect(failureOf(await aws.down(ecsStep)).code).to.equal('ACCESS_DENIED')
        }
        aws.calls.fault = () => undefined
        well(await aws.down(ecsStep))
        expect(await census()).to.deep.equal([])
      })

      it('works when the EKS cluster is gone', async () => {
        await aws.cloud.call('eks', 'DeleteCluster', { name: 'ambient-ecs' })
        await aws.cloud.clock.sleep(900_000)
        expect(aws.cloud.region().eks.clusters.size).to.equal(0)
        well(await aws.down(ecsStep))
        expect(await census()).to.deep.equal([])
      })

      it("says what isn't ours in the ECS cluster, and takes the rest away", async () => {
        const { services = [] } = await aws.cloud.call('ecs', 'DescribeServices', {
          cluster: ECS,
          services: ['shell-task'],
        })
        await aws.cloud.call('ecs', 'CreateService', {
          cluster: ECS,
          serviceName: 'theirs',
          taskDefinition: services[0]?.taskDefinition,
          desiredCount: 0,
          launchType: 'FARGATE',
          networkConfiguration: services[0]?.networkConfiguration,
        })
        const failure = failureOf(await aws.down(ecsStep))
        expect([failure.code, failure.exit]).to.deep.equal(['STILL_IN_USE', 1])
        expect(failure.message).to.contain('service theirs')
        expect((await census()).filter(name => !name?.includes('/'))).to.deep.equal([])
        await aws.cloud.call('ecs', 'DeleteService', { cluster: ECS, service: 'theirs', force: true })
        well(await aws.down(ecsStep))
        expect(await census()).to.deep.equal([])
      })

      it("says which rule that isn't ours holds the security group", async () => {
        const { vpcId: VpcId } = await network()
        const theirs = { GroupName: 'database', Description: 'theirs', VpcId }
        const { GroupId = '' } = await aws.cloud.call('ec2', 'CreateSecurityGroup', theirs)
        const [group] = await groupsNamed(GROUP)
        const UserIdGroupPairs = [{ GroupId: group?.GroupId }]
        const IpPermissions = [{ IpProtocol: 'tcp', FromPort: 5432, ToPort: 5432, UserIdGroupPairs }]
        await aws.cloud.call('ec2', 'AuthorizeSecurityGroupIngress', { GroupId, IpPermissions })
        const failure = failureOf(await aws.down(ecsStep))
        expect([failure.code, failure.exit]).to.deep.equal(['STILL_IN_USE', 1])
        expect(failure.why.join()).to.contain(GroupId)
        expect(await census()).to.deep.equal([group?.GroupId])
        expect(await ingress(GroupId)).to.have.length(1)
      })

      it('takes along a service of ours that has left the configuration', async () => {
        const [cluster] = settings().ecsClusters
        const ecsClusters = [{ ...cluster, services: cluster?.services.slice(0, 1) ?? [] } as EcsClusterSettings]
        const ran = well(await aws.down(ecsStep, { ecsClusters }))
        expect(changesOf(ran)).to.include(`delete ecs-service ${ECS}/echo-service`)
        expect(await census()).to.deep.equal([])
      })

      it("leaves every resource that isn't ours as it is", async () => {
        const revision = {
          family: `${ECS}-shell-task`,
          containerDefinitions: [{ name: 'theirs', image: 'x', memory: 64 }],
        }
        const { taskDefinition } = await aws.cloud.call('ecs', 'RegisterTaskDefinition', revision)
        const { vpcId: VpcId, clusterSecurityGroupId: GroupId } = await network()
        await aws.cloud.call('ec2', 'AuthorizeSecurityGroupIngress', {
          GroupId,
          IpPermissions: [{ IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }],
        })
        const theirs = { GroupName: 'ecs-other-tasks', Description: 'theirs', VpcId }
        await aws.cloud.call('ec2', 'CreateSecurityGroup', theirs)
        well(await aws.up(ecsStep))
        well(await aws.down(ecsStep))
        expect(await census()).to.deep.equal([taskDefinition?.taskDefinitionArn])
        expect(await ingress(GroupId)).to.include('-1 -1 0.0.0.0/0')
        expect(await groupsNamed(theirs.GroupName)).to.have.length(1)
      })
    })
  })

  describe("where something of our name isn't ours", () => {
    it('uses an ECS cluster and a log group as they are, and leaves them', async () => {
      await aws.cloud.call('ecs', 'CreateCluster', { clusterName: ECS }).catch(() => aws.cloud.clock.sleep(60_000))
      await aws.cloud.call('ecs', 'CreateCluster', { clusterName: ECS })
      await aws.cloud.call('logs', 'CreateLogGroup', { logGroupName: LOGS })
      const ran = well(await aws.up(ecsStep))
      expect(ran.host.of('warning')).to.have.length(2)
      expect(changesOf(ran)).not.to.include(`create ecs-cluster ${ECS}`)
      well(await aws.down(ecsStep))
      expect((await census()).sort()).to.deep.equal([LOGS, `arn:aws:ecs:us-east-1:111122223333:cluster/${ECS}`])
    })

    it('refuses a security group that can not serve, before it makes anything', async () => {
      const { vpcId: VpcId } = await network()
      await aws.cloud.call('ec2', 'CreateSecurityGroup', { GroupName: GROUP, Description: 'theirs', VpcId })
      const ran = await aws.up(ecsStep)
      expect([failureOf(ran).code, failureOf(ran).exit]).to.deep.equal(['NOT_OURS', 2])
      expect(writes(ran)).to.deep.equal([])
      const adopted = well(await aws.up(ecsStep, { adopt: true }))
      expect(changesOf(adopted)).to.include(`adopt security-group ${GROUP}`)
      well(await aws.down(ecsStep))
      expect(await census()).to.deep.equal([])
    })
  })
})
