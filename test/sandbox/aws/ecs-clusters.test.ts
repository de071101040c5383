import { ECS } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import { refusal, startAws } from '../../support/aws.ts'
import { CLUSTER, definition, type Ecs, IMAGE, startEcs } from './ecs-support.ts'

const SECOND = 1000

describe('ECS clusters and task definitions in the sandbox', () => {
  let aws: Ecs

  beforeEach(async () => {
    aws = await startEcs()
  })

  afterEach(() => aws.close())

  describe('clusters', () => {
    it('of a new account have to be asked for until the service-linked role is there', async () => {
      const fresh = await startAws()
      const ecs = new ECS(fresh.client)
      expect(await refusal(ecs.createCluster({ clusterName: 'first' }))).to.include({
        name: 'InvalidParameterException',
        message: 'Unable to assume the service linked role. Please verify that the ECS service linked role exists.',
      })
      expect(fresh.cloud.iam.roles.has('AWSServiceRoleForECS')).to.equal(true)
      await fresh.clock.advance(10 * SECOND)
      expect((await ecs.createCluster({ clusterName: 'first' })).cluster?.status).to.equal('ACTIVE')
      await fresh.close()
    })

    it('can not go while services or tasks are in them', async () => {
      const remove = () => aws.ecs.deleteCluster({ cluster: CLUSTER })
      await aws.createService('echo', await aws.register('echo'))
      await aws.settle()
      expect(await refusal(remove())).to.include({ name: 'ClusterContainsServicesException' })
      await aws.ecs.deleteService({ cluster: CLUSTER, service: 'echo', force: true })
      expect(await refusal(remove())).to.include({ name: 'ClusterContainsServicesException' })
      await aws.clock.advance(30 * SECOND)
      const network = { awsvpcConfiguration: { subnets: aws.subnets, assignPublicIp: 'ENABLED' as const } }
      await aws.ecs.runTask({ cluster: CLUSTER, taskDefinition: 'echo', networkConfiguration: network })
      expect(await refusal(remove())).to.include({ name: 'ClusterContainsTasksException' })
    })

    it('are INACTIVE for an hour after they went, and can be made again', async () => {
      await aws.ecs.deleteCluster({ cluster: CLUSTER })
      const status = async () =>
        (await aws.ecs.describeClusters({ clusters: [CLUSTER] })).clusters?.map(cluster => cluster.status)
      expect(await status()).to.deep.equal(['INACTIVE'])
      expect((await aws.ecs.listClusters({})).clusterArns).to.deep.equal([])
      expect(await refusal(aws.ecs.listServices({ cluster: CLUSTER }))).to.include({ name: 'ClusterNotFoundException' })
      await aws.clock.advance(3700 * SECOND)
      expect(await status()).to.deep.equal([])
      await aws.ecs.createCluster({ clusterName: CLUSTER })
      await aws.ecs.deleteCluster({ cluster: CLUSTER })
      await aws.ecs.createCluster({ clusterName: CLUSTER })
      await aws.clock.advance(3700 * SECOND)
      expect(await status()).to.deep.equal(['ACTIVE'])
    })

    it('that exist are answered again by the request that would make them', async () => {
      const again = await aws.ecs.createCluster({ clusterName: CLUSTER })
      expect(again.cluster?.clusterArn).to.equal(`arn:aws:ecs:us-east-1:111122223333:cluster/${CLUSTER}`)
    })

    it('show tags and configuration to who asks for them', async () => {
      const resourceArn = `arn:aws:ecs:us-east-1:111122223333:cluster/${CLUSTER}`
      await aws.ecs.tagResource({ resourceArn, tags: [{ key: 'ecs-ambient/cluster', value: 'c' }] })
      const describe = async (include: 'TAGS'[]) =>
        (await aws.ecs.describeClusters({ clusters: [CLUSTER], include })).clusters?.[0]?.tags
      expect(await describe([])).to.deep.equal([])
      expect(await describe(['TAGS'])).to.deep.equal([{ key: 'ecs-ambient/cluster', value: 'c' }])
      await aws.ecs.untagResource({ resourceArn, tagKeys: ['ecs-ambient/cluster'] })
      expect((await aws.ecs.listTagsForResource({ resourceArn })).tags).to.deep.equal([])
      const none = aws.ecs.listTagsForResource({ resourceArn: `${resourceArn}-none` })
      expect(await refusal(none)).to.include({ name: 'ClusterNotFoundException' })
    })
  })

  describe('task definitions', () => {
    it('are filled in by ECS and numbered in their family', async () => {
      expect(await aws.register('echo')).to.match(/task-definition\/echo:1$/)
      expect(await aws.register('echo')).to.match(/task-definition\/echo:2$/)
      const { taskDefinition } = await aws.ecs.describeTaskDefinition({ taskDefinition: 'echo' })
      expect(taskDefinition).to.include({ revision: 2, status: 'ACTIVE' })
      expect(taskDefinition?.containerDefinitions?.[0]).to.deep.include({
        cpu: 0,
        essential: true,
        environment: [],
        mountPoints: [],
        portMappings: [{ containerPort: 8080, hostPort: 8080, protocol: 'tcp' }],
      })
    })

    it('keep their tags apart from the definition', async () => {
      await aws.register('echo', { tags: [{ key: 'a', value: 'b' }] })
      const describe = (include: 'TAGS'[]) => aws.ecs.describeTaskDefinition({ taskDefinition: 'echo:1', include })
      expect((await describe([])).tags).to.equal(undefined)
      expect((await describe(['TAGS'])).tags).to.deep.equal([{ key: 'a', value: 'b' }])
    })

    it('are refused where Fargate could not run them', async () => {
      const cases: [object, RegExp][] = [
        [{ cpu: '256', memory: '4096' }, /No Fargate configuration exists/],
        [{ networkMode: 'bridge' }, /awsvpc/],
        [{ executionRoleArn: undefined }, /execution role ARN to support log driver awslogs/],
        [{ containerDefinitions: [] }, /Container list cannot be empty/],
        [{ family: 'no spaces' }, /invalid characters/],
        [{ containerDefinitions: [{ name: 'a', image: IMAGE, essential: false }] }, /marked essential/],
      ]
      for (const [more, message] of cases) {
        const error = await refusal(aws.ecs.registerTaskDefinition({ ...definition('echo'), ...more }))
        expect(error.name).to.equal('ClientException')
        expect(error.message).to.match(message)
      }
    })

    it('are deregistered, then deleted, and stay while something runs by them', async () => {
      const first = await aws.register('echo')
      await aws.createService('echo', first)
      await aws.settle()
      const remove = () => aws.ecs.deleteTaskDefinitions({ taskDefinitions: [first] })
      expect((await remove()).failures?.[0]?.reason).to.match(/still in ACTIVE status/)
      await aws.ecs.deregisterTaskDefinition({ taskDefinition: first })
      expect(await refusal(aws.createService('other', first))).to.include({ name: 'ClientException' })
      expect((await remove()).taskDefinitions?.[0]?.status).to.equal('DELETE_IN_PROGRESS')
      await aws.settle()
      const list = async (status: 'ACTIVE' | 'DELETE_IN_PROGRESS') =>
        (await aws.ecs.listTaskDefinitions({ familyPrefix: 'echo', status })).taskDefinitionArns
      expect(await list('ACTIVE')).to.deep.equal([])
      expect(await list('DELETE_IN_PROGRESS')).to.deep.equal([first])
      expect((await aws.tasks('echo'))[0]?.lastStatus).to.equal('RUNNING')
      await aws.ecs.deleteService({ cluster: CLUSTER, service: 'echo', force: true })
      await aws.settle()
      expect(await list('DELETE_IN_PROGRESS')).to.deep.equal([])
      expect(await aws.register('echo')).to.match(/echo:2$/)
    })

    it('are listed by family, status, order and page', async () => {
      for (let count = 0; count < 11; count += 1) await aws.register('echo')
      await aws.register('other')
      const list = (more: object) => aws.ecs.listTaskDefinitions({ familyPrefix: 'echo', ...more })
      const revisions = (arns: string[] = []) => arns.map(arn => Number(arn.split(':').at(-1)))
      expect(revisions((await list({ sort: 'DESC', maxResults: 3 })).taskDefinitionArns)).to.deep.equal([11, 10, 9])
      const first = await list({ maxResults: 9 })
      const second = await list({ maxResults: 9, nextToken: first.nextToken })
      expect(revisions(second.taskDefinitionArns)).to.deep.equal([10, 11])
      expect((await aws.ecs.listTaskDefinitionFamilies({})).families).to.deep.equal(['echo', 'other'])
      await aws.ecs.deregisterTaskDefinition({ taskDefinition: 'other:1' })
      expect((await aws.ecs.listTaskDefinitionFamilies({ status: 'ACTIVE' })).families).to.deep.equal(['echo'])
    })

    it('that are not there are not described', async () => {
      const error = await refusal(aws.ecs.describeTaskDefinition({ taskDefinition: 'none' }))
      expect(error).to.include({ name: 'ClientException', message: 'Unable to describe task definition.' })
    })
  })
})
