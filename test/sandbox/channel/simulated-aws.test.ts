import { createServer, type Server } from 'node:http'
import { KMS } from '@aws-sdk/client-kms'
import { SSM } from '@aws-sdk/client-ssm'
import { STS } from '@aws-sdk/client-sts'
import { expect } from 'chai'
import { EcsWriter } from '../../../src/lib/aws/ecs.ts'
import { KmsReader } from '../../../src/lib/aws/kms.ts'
import { SsmWriter } from '../../../src/lib/aws/ssm.ts'
import { StsReader } from '../../../src/lib/aws/sts.ts'
import { systemClock } from '../../../src/lib/engine/clock.ts'
import { EcsExec, type ExecLimits } from '../../../src/lib/exec/runner.ts'
import type { ChannelBehaviour } from '../../../src/sandbox/channel/behaviour.ts'
import { SessionChannels } from '../../../src/sandbox/channel/server.ts'
import { SandboxClock } from '../../../src/sandbox/clock.ts'
import { CLUSTER, type Ecs, startEcs } from '../aws/ecs-support.ts'
import { inShell } from './support.ts'

describe('running commands by way of the simulated ECS, SSM and KMS', () => {
  let world: Ecs
  let server: Server
  let channels: SessionChannels
  const clock = new SandboxClock(100)
  const run = inShell()
  let behaviour: ChannelBehaviour = {}

  before(async () => {
    world = await startEcs()
    channels = new SessionChannels({
      clock,
      run: (target, argv, streams) => run(argv, streams, target.taskId),
      behaviour: () => behaviour,
      decrypt: async (region, ciphertext, context) => {
        const request = { CiphertextBlob: ciphertext, EncryptionContext: context }
        return Buffer.from((await world.cloud.call('kms', 'Decrypt', request, region)).Plaintext ?? [])
      },
    })
    server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    channels.mount(server)
    world.cloud.hooks.channel = channels
    await world.createService('shell', await world.register('shell'))
    await world.settle()
  })
  after(async () => {
    channels.close()
    clock.stop()
    server.close()
    await world.close()
  })
  beforeEach(() => {
    behaviour = {}
  })

  const execute = async (command: readonly string[], limits: Partial<ExecLimits> = {}) => {
    const { client, ecs } = world
    const exec = new EcsExec({
      region: client.region,
      aws: {
        ecs: new EcsWriter(async () => ecs),
        kms: new KmsReader(async () => new KMS(client)),
        ssm: new SsmWriter(async () => new SSM(client)),
        sts: new StsReader(async () => new STS(client)),
      },
      host: { clock: systemClock, signal: new AbortController().signal },
      limits,
    })
    const target = { cluster: CLUSTER, service: 'shell' }
    const [result] = await exec.run({ target, commands: [command], repeatable: false })
    return `${result?.stdout.toString()}${result?.exitCode}`
  }
  const calls = (operation: string) => world.calls.log.filter(call => call.operation === operation).length

  it('brings output and exit code', async () => {
    expect(await execute(['sh', '-c', 'echo hello; exit 7'])).to.equal('hello\n7')
  })

  it('resumes a session by ssm:ResumeSession', async () => {
    behaviour = { drop: { after: 1, times: 2 }, chunk: 20 }
    const words = 'many words '.repeat(30)
    expect(await execute(['echo', words])).to.equal(`${words}\n0`)
    expect(calls('ResumeSession')).to.equal(2)
  })

  it('ends a session by ssm:TerminateSession', async () => {
    behaviour = { start: 1_000_000 }
    const failure = await execute(['true'], { session: 200 }).catch(error => error)
    expect(failure).to.include({ code: 'EXEC_TIMED_OUT', exit: 125 })
    expect(calls('TerminateSession')).to.equal(1)
  })

  it('encrypts a session with a data key of kms:GenerateDataKey where the cluster says so', async () => {
    const { KeyMetadata } = await world.cloud.call('kms', 'CreateKey', {})
    const kmsKeyId = KeyMetadata?.Arn ?? ''
    await world.ecs.updateCluster({
      cluster: CLUSTER,
      configuration: { executeCommandConfiguration: { kmsKeyId, logging: 'DEFAULT' } },
    })
    expect(await execute(['echo', 'secret'])).to.equal('secret\n0')
    expect(calls('GenerateDataKey')).to.equal(1)
  })
})
