import { EC2 } from '@aws-sdk/client-ec2'
import { ElasticLoadBalancing } from '@aws-sdk/client-elastic-load-balancing'
import { KMS } from '@aws-sdk/client-kms'
import { ServiceQuotas } from '@aws-sdk/client-service-quotas'
import { SSM } from '@aws-sdk/client-ssm'
import { expect } from 'chai'
import { addLoadBalancer } from '../../../src/sandbox/aws/services/elb/lifecycle.ts'
import { refusal, startAws, type TestAws } from '../../support/aws.ts'

describe('the smaller services of the AWS sandbox', () => {
  let aws: TestAws

  beforeEach(async () => {
    aws = await startAws()
  })

  afterEach(() => aws.close())

  describe('ELB', () => {
    it('lists classic load balancers by page and name, with tags, and deletes them', async () => {
      const elb = new ElasticLoadBalancing(aws.client)
      const region = aws.cloud.region()
      const [vpcId = ''] = [...region.ec2.vpcs.keys()]
      const wanted = { service: 'istio-system/eastwest', eksCluster: 'demo', vpcId, internal: false, ports: [15008] }
      const names = [1, 2, 3].map(() => addLoadBalancer(region, wanted, () => undefined).name).sort()
      const first = await elb.describeLoadBalancers({ PageSize: 2 })
      const second = await elb.describeLoadBalancers({ PageSize: 2, Marker: first.NextMarker })
      const all = [...(first.LoadBalancerDescriptions ?? []), ...(second.LoadBalancerDescriptions ?? [])]
      expect(all.map(({ LoadBalancerName }) => LoadBalancerName)).to.deep.equal(names)
      expect(all[0]).to.deep.include({ Scheme: 'internet-facing', VPCId: vpcId })
      expect(all[0]?.ListenerDescriptions?.[0]?.Listener?.LoadBalancerPort).to.equal(15008)
      const [name = ''] = names
      const { TagDescriptions } = await elb.describeTags({ LoadBalancerNames: [name] })
      expect(TagDescriptions?.[0]?.Tags).to.have.deep.members([
        { Key: 'kubernetes.io/cluster/demo', Value: 'owned' },
        { Key: 'kubernetes.io/service-name', Value: 'istio-system/eastwest' },
      ])
      await elb.deleteLoadBalancer({ LoadBalancerName: name })
      await elb.deleteLoadBalancer({ LoadBalancerName: name })
      const gone = await refusal(elb.describeLoadBalancers({ LoadBalancerNames: [name] }))
      expect(gone.$metadata.httpStatusCode).to.equal(400)
      expect(gone.message).to.equal(`There is no ACTIVE Load Balancer named '${name}'`)
    })
  })

  describe('KMS', () => {
    it('gives data keys that only the same context opens', async () => {
      const kms = new KMS(aws.client)
      const { KeyMetadata } = await kms.createKey({})
      const EncryptionContext = { 'aws:ssm:SessionId': 's', 'aws:ssm:TargetId': 't' }
      const key = await kms.generateDataKey({ KeyId: KeyMetadata?.Arn, NumberOfBytes: 64, EncryptionContext })
      expect(key.Plaintext).to.have.length(64)
      const decrypt = (context: Record<string, string>) =>
        kms.decrypt({ CiphertextBlob: key.CiphertextBlob, EncryptionContext: context })
      const turned = { 'aws:ssm:TargetId': 't', 'aws:ssm:SessionId': 's' }
      expect((await decrypt(turned)).Plaintext).to.deep.equal(key.Plaintext)
      expect(await refusal(decrypt({ ...turned, 'aws:ssm:TargetId': 'other' }))).to.include({
        name: 'InvalidCiphertextException',
      })
      expect(await refusal(kms.generateDataKey({ KeyId: 'none', NumberOfBytes: 64 }))).to.include({
        name: 'NotFoundException',
      })
      expect(await refusal(kms.generateDataKey({ KeyId: KeyMetadata?.KeyId }))).to.include({
        name: 'ValidationException',
      })
    })
  })

  describe('SSM', () => {
    it('resumes and ends sessions of the data channel', async () => {
      const ended: string[] = []
      aws.cloud.hooks.channel = {
        open: () => {
          throw new Error('not asked for')
        },
        resume: sessionId =>
          sessionId === 's' ? { sessionId, streamUrl: 'ws://loopback', tokenValue: 'new token' } : undefined,
        terminate: sessionId => void ended.push(sessionId),
      }
      const ssm = new SSM(aws.client)
      expect(await ssm.resumeSession({ SessionId: 's' })).to.include({
        SessionId: 's',
        StreamUrl: 'ws://loopback',
        TokenValue: 'new token',
      })
      expect(await refusal(ssm.resumeSession({ SessionId: 'gone' }))).to.include({ name: 'DoesNotExistException' })
      await ssm.terminateSession({ SessionId: 's' })
      expect(ended).to.deep.equal(['s'])
    })
  })

  describe('Service Quotas', () => {
    it('tells the limits, which a test can change and the services keep', async () => {
      const quotas = new ServiceQuotas(aws.client)
      const vpcs = { ServiceCode: 'vpc', QuotaCode: 'L-F678F1CE' }
      expect((await quotas.getServiceQuota(vpcs)).Quota).to.include({ Value: 5, QuotaName: 'VPCs per Region' })
      const quota = aws.cloud.region().quotas.quotas.get('L-F678F1CE')
      if (quota) quota.value = 1
      expect((await quotas.getServiceQuota(vpcs)).Quota?.Value).to.equal(1)
      expect(await refusal(new EC2(aws.client).createVpc({ CidrBlock: '10.0.0.0/16' }))).to.include({
        name: 'VpcLimitExceeded',
      })
      await quotas.requestServiceQuotaIncrease({ ...vpcs, DesiredValue: 2 })
      await new EC2(aws.client).createVpc({ CidrBlock: '10.0.0.0/16' })
      expect(await refusal(quotas.getServiceQuota({ ...vpcs, ServiceCode: 'eks' }))).to.include({
        name: 'NoSuchResourceException',
      })
      const first = await quotas.listServiceQuotas({ ServiceCode: 'vpc', MaxResults: 3 })
      const second = await quotas.listServiceQuotas({ ServiceCode: 'vpc', MaxResults: 3, NextToken: first.NextToken })
      expect([first.Quotas?.length, second.Quotas?.length]).to.deep.equal([3, 2])
    })
  })
})
