import type { ExecuteCommandResponse, Service, Task } from '@aws-sdk/client-ecs'
import { EcsWriter, type ExecRequest } from '../../../src/lib/aws/ecs.ts'
import { type DataKey, KmsReader } from '../../../src/lib/aws/kms.ts'
import { SsmWriter } from '../../../src/lib/aws/ssm.ts'
import { type Credentials, StsReader } from '../../../src/lib/aws/sts.ts'
import type { ExecSession } from '../../../src/lib/exec/channel.ts'
import type { EcsExecOptions } from '../../../src/lib/exec/runner.ts'
import type { Service as Sandbox } from './support.ts'

/** What is behind these clients: where sessions are opened, and what they need while they last. */
export interface Sessions extends Pick<Sandbox, 'services'> {
  execute(...request: Parameters<Sandbox['execute']>): ExecSession | Promise<ExecSession>
}

const unused = () => Promise.reject(new Error('this test has no AWS'))
const DEPLOYMENT = 'ecs-svc/1'

/** ECS with one service for each name, each of one task of that id, and sessions that go to `sessions`. */
export class FakeEcs extends EcsWriter {
  readonly #sessions: Sessions
  readonly requests: ExecRequest[] = []
  /** Thrown instead of the next answers of executeCommand, one after another. */
  readonly refusals: Error[] = []
  /** Changes the tasks before they are answered. */
  adjust: (task: Task) => Task = task => task

  constructor(sessions: Sessions) {
    super(unused)
    this.#sessions = sessions
  }

  override async service(_cluster: string, name: string): Promise<Service | undefined> {
    return { serviceName: name, deployments: [{ id: DEPLOYMENT, status: 'PRIMARY', desiredCount: 1 }] }
  }

  override async tasks(cluster: string, { service = '' }: { readonly service?: string }): Promise<readonly Task[]> {
    return this.describeTasks(cluster, [service])
  }

  override async describeTasks(cluster: string, [id = '']: readonly string[]): Promise<readonly Task[]> {
    const task: Task = {
      taskArn: `arn:aws:ecs:us-east-1:111122223333:task/${cluster}/${id}`,
      clusterArn: `arn:aws:ecs:us-east-1:111122223333:cluster/${cluster}`,
      startedBy: DEPLOYMENT,
      lastStatus: 'RUNNING',
      desiredStatus: 'RUNNING',
      enableExecuteCommand: true,
      containers: [
        {
          name: 'shell-task',
          lastStatus: 'RUNNING',
          runtimeId: `${id}-1`,
          managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus: 'RUNNING' }],
        },
      ],
    }
    return [this.adjust(task)]
  }

  override async executeCommand(request: ExecRequest): Promise<ExecuteCommandResponse> {
    this.requests.push(request)
    const refusal = this.refusals.shift()
    if (refusal) throw refusal
    const taskId = request.task.split('/').at(-1) ?? ''
    const session = await this.#sessions.execute(request.command, {
      cluster: request.cluster,
      taskId,
      runtimeId: `${taskId}-1`,
    })
    return { session }
  }
}

class FakeKms extends KmsReader {
  readonly #sessions: Sessions

  constructor(sessions: Sessions) {
    super(unused)
    this.#sessions = sessions
  }

  override generateDataKey(keyId: string, context: Readonly<Record<string, string>>): Promise<DataKey> {
    return this.#sessions.services.generateDataKey(keyId, context)
  }
}

class FakeSsm extends SsmWriter {
  readonly #sessions: Sessions

  constructor(sessions: Sessions) {
    super(unused)
    this.#sessions = sessions
  }

  override resumeSession(sessionId: string): Promise<string | undefined> {
    return this.#sessions.services.resumeSession(sessionId)
  }

  override terminateSession(sessionId: string): Promise<void> {
    return this.#sessions.services.terminateSession(sessionId)
  }
}

class FakeSts extends StsReader {
  override async credentials(): Promise<Credentials> {
    return { accessKeyId: 'AKIATEST', secretAccessKey: 'secret' }
  }
}

export const fakeAws = (sessions: Sessions): EcsExecOptions['aws'] & { readonly ecs: FakeEcs } => ({
  ecs: new FakeEcs(sessions),
  kms: new FakeKms(sessions),
  ssm: new FakeSsm(sessions),
  sts: new FakeSts(unused),
})
