import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECS } from '@aws-sdk/client-ecs'
import { EKS } from '@aws-sdk/client-eks'
import { IAM, NoSuchEntityException } from '@aws-sdk/client-iam'
import { SSM } from '@aws-sdk/client-ssm'
import { STS } from '@aws-sdk/client-sts'
import { Sha256 } from '@smithy/core/checksum'
import { HttpRequest } from '@smithy/core/protocols'
import { SignatureV4 } from '@smithy/signature-v4'
import { expect } from 'chai'
import type { Recorded } from '../../../src/sandbox/aws/wire/server.ts'
import type { Call, Fault } from '../../../src/sandbox/calls.ts'
import { ACCOUNT, refusal, startAws, type TestAws } from '../../support/aws.ts'

const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
})
const ODD = `& < > " ' \n é 😀 %20 + =`

describe('the wire layer of the AWS sandbox', () => {
  let aws: TestAws
  const recorded: Recorded[] = []

  before(async () => {
    aws = await startAws({ record: answer => recorded.push(answer) })
  })

  after(() => aws.close())

  afterEach(() => {
    aws.calls.fault = () => undefined
    aws.cloud.credentialFault = () => undefined
  })

  const next = (fault: Fault): void => {
    const number = aws.calls.log.length + 1
    aws.calls.fault = (call: Call) => (call.number === number ? fault : undefined)
  }

  describe('carries values both ways', () => {
    it('in awsQuery: structures, tag lists, numbers, timestamps and any character', async () => {
      const iam = new IAM(aws.client)
      const document = TRUST.replace('"Effect"', `"Sid":${JSON.stringify(ODD)},"Effect"`)
      const { Role } = await iam.createRole({
        RoleName: 'odd',
        AssumeRolePolicyDocument: document,
        Description: ODD.replace('😀', ''),
        MaxSessionDuration: 7200,
        Tags: Array.from({ length: 11 }, (_, index) => ({ Key: `key-${index + 1}`, Value: `value ${index + 1}` })),
      })
      expect(Role?.Description).to.equal(ODD.replace('😀', ''))
      expect(Role?.MaxSessionDuration).to.equal(7200)
      expect(Role?.CreateDate?.getTime()).to.be.closeTo(aws.clock.now(), 1000)
      expect(Role?.Tags?.map(({ Key }) => Key)).to.deep.equal(
        Array.from({ length: 11 }, (_, index) => `key-${index + 1}`),
      )
      expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).to.equal(document)
    })

    it('in ec2Query: filters, nested lists, booleans', async () => {
      const ec2 = new EC2(aws.client)
      const { Subnets = [] } = await ec2.describeSubnets({
        Filters: [
          { Name: 'map-public-ip-on-launch', Values: ['true'] },
          { Name: 'availability-zone', Values: ['us-east-1a', 'us-east-1b'] },
        ],
      })
      expect(Subnets.map(({ AvailabilityZone }) => AvailabilityZone)).to.have.members(['us-east-1a', 'us-east-1b'])
      expect(Subnets.every(({ MapPublicIpOnLaunch }) => MapPublicIpOnLaunch === true)).to.equal(true)
    })

    it('in awsJson1_1: maps, lists, numbers and any character', async () => {
      const logs = new CloudWatchLogs(aws.client)
      await logs.createLogGroup({ logGroupName: '/odd', tags: { a: 'b', 'c d': 'e' } })
      await logs.createLogStream({ logGroupName: '/odd', logStreamName: 's' })
      await logs.putLogEvents({
        logGroupName: '/odd',
        logStreamName: 's',
        logEvents: [{ timestamp: 1_700_000_000_123, message: ODD }],
      })
      const { events } = await logs.getLogEvents({ logGroupName: '/odd', logStreamName: 's', startFromHead: true })
      expect(events).to.have.length(1)
      expect(events?.[0]).to.include({ timestamp: 1_700_000_000_123, message: ODD })
      const resourceArn = `arn:aws:logs:us-east-1:${ACCOUNT}:log-group:/odd`
      expect((await logs.listTagsForResource({ resourceArn })).tags).to.deep.equal({ a: 'b', 'c d': 'e' })
    })

    it('in restJson1: labels that hold slashes, query lists, timestamps', async () => {
      const eks = new EKS(aws.client)
      const { Subnets = [] } = await new EC2(aws.client).describeSubnets({})
      const { cluster } = await eks.createCluster({
        name: 'rest',
        roleArn: `arn:aws:iam::${ACCOUNT}:role/eks`,
        resourcesVpcConfig: { subnetIds: Subnets.map(({ SubnetId = '' }) => SubnetId) },
        tags: { keep: '1', drop: '2', also: '3' },
      })
      expect(cluster?.createdAt?.getTime()).to.be.closeTo(aws.clock.now(), 1000)
      const resourceArn = cluster?.arn
      await eks.untagResource({ resourceArn, tagKeys: ['drop', 'also'] })
      expect((await eks.listTagsForResource({ resourceArn })).tags).to.deep.equal({ keep: '1' })
    })

    it('answers an operation without output', async () => {
      const { $metadata } = await new IAM(aws.client).untagRole({ RoleName: 'odd', TagKeys: ['key-1'] })
      expect($metadata.httpStatusCode).to.equal(200)
      expect($metadata.requestId).to.match(/^[0-9a-f-]{36}$/)
    })
  })

  describe('refuses', () => {
    it('in awsQuery with the modelled class, code and status', async () => {
      const error = await refusal(new IAM(aws.client).getRole({ RoleName: 'none' }))
      expect(error).to.be.instanceOf(NoSuchEntityException)
      expect(error.message).to.equal('The role with name none cannot be found.')
      expect(error.$metadata.httpStatusCode).to.equal(404)
      expect(error.$metadata.requestId).to.match(/^[0-9a-f-]{36}$/)
    })

    it('in ec2Query with the code as the name', async () => {
      const error = await refusal(new EC2(aws.client).describeSecurityGroups({ GroupIds: ['sg-1'] }))
      expect(error).to.include({ name: 'InvalidGroup.NotFound', message: "The security group 'sg-1' does not exist" })
      expect(error.$metadata.httpStatusCode).to.equal(400)
    })

    it('in awsJson1_1 with the code as the name', async () => {
      const error = await refusal(new ECS(aws.client).describeServices({ cluster: 'none', services: ['x'] }))
      expect(error).to.include({ name: 'ClusterNotFoundException', message: 'Cluster not found.' })
      expect(error.$metadata.httpStatusCode).to.equal(400)
    })

    it('in restJson1 with the modelled members', async () => {
      const error = await refusal(new EKS(aws.client).describeCluster({ name: 'none' }))
      expect(error).to.include({ name: 'ResourceNotFoundException', clusterName: 'none' })
      expect(error.$metadata.httpStatusCode).to.equal(404)
    })

    it('a request that lacks a required member, in each service its own way', async () => {
      const nothing = undefined as unknown as string
      expect(await refusal(new IAM(aws.client).getRole({ RoleName: nothing }))).to.include({
        name: 'ValidationError',
        message:
          "1 validation error detected: Value null at 'RoleName' failed to satisfy constraint: Member must not be null",
      })
      expect(
        await refusal(new EC2(aws.client).createSecurityGroup({ GroupName: nothing, Description: 'x' })),
      ).to.include({ name: 'MissingParameter' })
      expect(await refusal(new ECS(aws.client).describeTasks({ tasks: nothing as unknown as string[] }))).to.include({
        name: 'InvalidParameterException',
      })
    })

    it('a required member deep in a list', async () => {
      const Tags = [{ Key: 'a', Value: 'b' }, { Key: 'c' }] as { Key: string; Value: string }[]
      const error = await refusal(new IAM(aws.client).tagRole({ RoleName: 'odd', Tags }))
      expect(error.message).to.include("'Tags.1.Value'")
    })

    it('what is not simulated with a status that no client tries again', async () => {
      const patient = { ...aws.client, maxAttempts: 3 }
      const error = await refusal(new IAM(patient).listUsers({}))
      expect(error.name).to.equal('NotImplemented')
      expect(error.$metadata).to.include({ httpStatusCode: 501, attempts: 1 })
    })

    it('what the simulation itself fails at, likewise', async () => {
      aws.cloud.hooks.channel = {
        open: () => undefined as never,
        resume: () => {
          throw new TypeError('a mistake')
        },
        terminate: () => undefined,
      }
      const error = await refusal(new SSM({ ...aws.client, maxAttempts: 3 }).resumeSession({ SessionId: 's' }))
      expect(error).to.include({
        name: 'SimulationFailure',
        message: 'The simulation of AWS failed: TypeError: a mistake',
      })
      expect(error.$metadata.attempts).to.equal(1)
    })

    it('a body that is not JSON', async () => {
      const response = await fetch(aws.url, {
        method: 'POST',
        headers: { ...SIGNED('ecs'), 'x-amz-target': 'AmazonEC2ContainerServiceV20141113.ListClusters' },
        body: 'not JSON',
      })
      expect(response.status).to.equal(400)
      expect(await response.json()).to.include({ __type: 'SerializationException' })
    })
  })

  describe('looks at the credentials', () => {
    it('and refuses an unsigned request in the form that it came in', async () => {
      const xml = await fetch(aws.url, {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: 'Action=GetCallerIdentity&Version=2011-06-15',
      })
      expect(xml.status).to.equal(403)
      expect(await xml.text()).to.include('<Code>MissingAuthenticationToken</Code>')
      const json = await fetch(aws.url, { method: 'POST', headers: { 'x-amz-target': 'X.ListClusters' }, body: '{}' })
      expect(json.status).to.equal(400)
      expect(await json.json()).to.include({ __type: 'MissingAuthenticationTokenException' })
    })

    it('and says in each protocol that they have expired', async () => {
      aws.cloud.credentialFault = key => (key === 'AKIATEST' ? 'expired' : undefined)
      expect((await refusal(new IAM(aws.client).listRoles({}))).name).to.match(/^ExpiredToken/)
      expect((await refusal(new STS(aws.client).getCallerIdentity({}))).name).to.match(/^ExpiredToken/)
      expect(await refusal(new EC2(aws.client).describeVpcs({}))).to.include({ name: 'RequestExpired' })
      expect(await refusal(new ECS(aws.client).listClusters({}))).to.include({ name: 'ExpiredTokenException' })
      expect(await refusal(new EKS(aws.client).listClusters({}))).to.include({ name: 'ExpiredTokenException' })
    })

    it('and says in each protocol that it does not know them', async () => {
      aws.cloud.credentialFault = () => 'unknown'
      expect(await refusal(new STS(aws.client).getCallerIdentity({}))).to.include({ name: 'InvalidClientTokenId' })
      expect(await refusal(new EC2(aws.client).describeVpcs({}))).to.include({ name: 'AuthFailure' })
      expect(await refusal(new EKS(aws.client).listClusters({}))).to.include({ name: 'UnrecognizedClientException' })
    })

    it('and takes the presigned GET of an EKS token', async () => {
      const url = new URL(aws.url)
      const signer = new SignatureV4({ service: 'sts', region: 'us-east-1', credentials: KEY, sha256: Sha256 })
      const request = new HttpRequest({
        method: 'GET',
        protocol: url.protocol,
        hostname: url.hostname,
        path: '/',
        query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
        headers: { host: url.host, 'x-k8s-aws-id': 'c' },
      })
      const { query = {} } = await signer.presign(request, { expiresIn: 60 })
      const response = await fetch(`${aws.url}/?${new URLSearchParams(query as Record<string, string>)}`)
      expect(response.status).to.equal(200)
      expect(await response.text()).to.include(`<Account>${ACCOUNT}</Account>`)
    })
  })

  it('keeps what each region has apart, but IAM is one', async () => {
    const west = { ...aws.client, region: 'us-west-2' }
    await new EC2(west).createSecurityGroup({ GroupName: 'western', Description: 'x' })
    const wanted = { Filters: [{ Name: 'group-name', Values: ['western'] }] }
    expect((await new EC2(aws.client).describeSecurityGroups(wanted)).SecurityGroups).to.have.length(0)
    expect((await new EC2(west).describeSecurityGroups(wanted)).SecurityGroups).to.have.length(1)
    await new IAM(west).createRole({ RoleName: 'global', AssumeRolePolicyDocument: TRUST })
    await aws.clock.advance(3000)
    expect((await new IAM(aws.client).getRole({ RoleName: 'global' })).Role?.RoleName).to.equal('global')
  })

  describe('sends every request through the calls', () => {
    it('which number it and know whether it writes', async () => {
      const since = aws.calls.log.length
      await new ECS(aws.client).listClusters({})
      await new IAM(aws.client).tagRole({ RoleName: 'odd', Tags: [{ Key: 'x', Value: 'y' }] })
      expect(aws.calls.log.slice(since)).to.deep.equal([
        { number: since + 1, plane: 'aws', service: 'ecs', operation: 'ListClusters', subject: '', writes: false },
        { number: since + 2, plane: 'aws', service: 'iam', operation: 'TagRole', subject: 'odd', writes: true },
      ])
    })

    it('which can refuse it before it takes effect', async () => {
      next({ kind: 'error', when: 'before', code: 'Throttling', status: 400, message: 'Rate exceeded' })
      const iam = new IAM(aws.client)
      const error = await refusal(iam.createRole({ RoleName: 'throttled', AssumeRolePolicyDocument: TRUST }))
      expect(error).to.include({ name: 'Throttling', message: 'Rate exceeded' })
      expect(aws.cloud.iam.roles.has('throttled')).to.equal(false)
    })

    it('or after it took effect', async () => {
      next({ kind: 'error', when: 'after', code: 'InternalError', status: 500, message: 'x' })
      const iam = new IAM(aws.client)
      const error = await refusal(iam.createRole({ RoleName: 'made', AssumeRolePolicyDocument: TRUST }))
      expect(error.$metadata.httpStatusCode).to.equal(500)
      expect(aws.cloud.iam.roles.has('made')).to.equal(true)
    })

    it('can reset its connection', async () => {
      next({ kind: 'reset', when: 'after' })
      const error = await refusal(
        new IAM(aws.client).createRole({ RoleName: 'reset', AssumeRolePolicyDocument: TRUST }),
      )
      expect(error).to.include({ code: 'ECONNRESET' })
      expect(aws.cloud.iam.roles.has('reset')).to.equal(true)
    })

    it('can hold it up', async () => {
      const { promise, resolve } = Promise.withResolvers<void>()
      next({ kind: 'hold', when: 'before', until: promise })
      const creation = new IAM(aws.client).createRole({ RoleName: 'held', AssumeRolePolicyDocument: TRUST })
      await new STS(aws.client).getCallerIdentity({})
      expect(aws.cloud.iam.roles.has('held')).to.equal(false)
      resolve()
      expect((await creation).Role?.RoleName).to.equal('held')
    })
  })

  it('records every answer with its error code', async () => {
    const since = recorded.length
    await new STS(aws.client).getCallerIdentity({})
    await refusal(new EC2(aws.client).describeSecurityGroups({ GroupIds: ['sg-1'] }))
    await refusal(new EKS(aws.client).describeCluster({ name: 'none' }))
    next({ kind: 'error', when: 'after', code: 'Throttling', status: 400, message: 'not ours' })
    await refusal(new STS(aws.client).getCallerIdentity({}))
    expect(
      recorded.slice(since).map(({ service, operation, status, code }) => [service, operation, status, code]),
    ).to.deep.equal([
      ['sts', 'GetCallerIdentity', 200, undefined],
      ['ec2', 'DescribeSecurityGroups', 400, 'InvalidGroup.NotFound'],
      ['eks', 'DescribeCluster', 404, 'ResourceNotFoundException'],
    ])
    expect(recorded[since]?.body).to.include('<GetCallerIdentityResult>')
  })

  it('invokes operations in this process too, without counting them', async () => {
    const since = aws.calls.log.length
    await aws.cloud.call('logs', 'CreateLogGroup', { logGroupName: '/in-process' }, 'us-west-2')
    const { logGroups } = await aws.cloud.call('logs', 'DescribeLogGroups', {}, 'us-west-2')
    expect(logGroups.map(({ logGroupName }) => logGroupName)).to.deep.equal(['/in-process'])
    expect(aws.calls.log).to.have.length(since)
  })
})

const KEY = { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' }

const SIGNED = (service: string): Record<string, string> => ({
  authorization: `AWS4-HMAC-SHA256 Credential=AKIATEST/20260101/us-east-1/${service}/aws4_request, SignedHeaders=host, Signature=0`,
})
