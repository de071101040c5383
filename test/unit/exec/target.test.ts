import type { Service, Task } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import { chooseFromService, chooseTask, describeTarget, type Found } from '../../../src/lib/exec/target.ts'

const target = { cluster: 'ecs-demo', service: 'shell-task' }
const deployments = [
  { id: 'ecs-svc/2', status: 'PRIMARY', desiredCount: 1 },
  { id: 'ecs-svc/1', status: 'ACTIVE', desiredCount: 1 },
]
const service: Service = { serviceName: 'shell-task', status: 'ACTIVE', deployments }

const agent = (lastStatus: string, reason?: string) => ({
  name: 'ExecuteCommandAgent' as const,
  lastStatus,
  ...(reason === undefined ? {} : { reason }),
})
const container = (name: string, more: object = {}) => ({
  name,
  lastStatus: 'RUNNING',
  runtimeId: `${name}-runtime`,
  managedAgents: [agent('RUNNING')],
  ...more,
})
const task = (id: string, more: Partial<Task> = {}): Task => ({
  taskArn: `arn:aws:ecs:us-east-1:111122223333:task/ecs-demo/${id}`,
  clusterArn: 'arn:aws:ecs:us-east-1:111122223333:cluster/ecs-demo',
  startedBy: 'ecs-svc/2',
  lastStatus: 'RUNNING',
  desiredStatus: 'RUNNING',
  enableExecuteCommand: true,
  containers: [container('shell-task')],
  ...more,
})

const taskOf = (found: Found) => ('done' in found ? found.done.taskId : undefined)
const codeOf = (found: Found) => ('failed' in found ? found.failed.code : 'code' in found ? found.code : undefined)
const isFinal = (found: Found) => 'failed' in found

describe('where a command is run', () => {
  it('is a running task of the primary deployment whose agent runs', () => {
    const tasks = [
      task('a', { startedBy: 'ecs-svc/1' }),
      task('b', { lastStatus: 'PENDING' }),
      task('c', { containers: [container('shell-task', { managedAgents: [agent('PENDING')] })] }),
      task('d'),
    ]
    expect(taskOf(chooseFromService(service, tasks, target))).to.equal('d')
  })

  it('is named as Session Manager names it', () => {
    const found = chooseFromService(service, [task('a')], target)
    expect(found).to.deep.equal({
      done: {
        cluster: 'ecs-demo',
        taskArn: task('a').taskArn,
        taskId: 'a',
        container: 'shell-task',
        targetId: 'ecs:ecs-demo_a_shell-task-runtime',
      },
    })
  })

  it('is not the ztunnel that enrolment added', () => {
    const found = chooseFromService(
      service,
      [task('a', { containers: [container('ztunnel'), container('app')] })],
      target,
    )
    expect('done' in found && found.done.container).to.equal('app')
  })

  it('is the ztunnel where it was asked for', () => {
    const tasks = [task('a', { containers: [container('ztunnel'), container('app')] })]
    const found = chooseFromService(service, tasks, { ...target, container: 'ztunnel' })
    expect('done' in found && found.done.container).to.equal('ztunnel')
  })

  const waits: Readonly<Record<string, readonly [readonly Task[], string]>> = {
    'there is no task yet': [[], 'EXEC_NO_TASK'],
    'only the old deployment has tasks': [[task('a', { startedBy: 'ecs-svc/1' })], 'EXEC_NO_TASK'],
    'the task is not running yet': [[task('a', { lastStatus: 'PROVISIONING' })], 'EXEC_NO_TASK'],
    'there is no agent yet': [
      [task('a', { containers: [container('x', { managedAgents: [] })] })],
      'EXEC_AGENT_NOT_RUNNING',
    ],
    'the agent is not running yet': [
      [task('a', { containers: [container('x', { managedAgents: [agent('PENDING')] })] })],
      'EXEC_AGENT_NOT_RUNNING',
    ],
    'one agent has stopped and another has not begun': [
      [
        task('a', { containers: [container('x', { managedAgents: [agent('STOPPED')] })] }),
        task('b', { containers: [container('x', { managedAgents: [agent('PENDING')] })] }),
      ],
      'EXEC_AGENT_NOT_RUNNING',
    ],
  }
  for (const [what, [tasks, code]] of Object.entries(waits)) {
    it(`is waited for where ${what}`, () => {
      const found = chooseFromService(service, tasks, target)
      expect(isFinal(found)).to.equal(false)
      expect(codeOf(found)).to.equal(code)
    })
  }

  const never: Readonly<Record<string, readonly [Found, string]>> = {
    'there is no such service': [chooseFromService(undefined, [], target), 'EXEC_NO_TASK'],
    'the service is meant to have no task': [
      chooseFromService({ ...service, deployments: [{ id: 'x', status: 'PRIMARY', desiredCount: 0 }] }, [], target),
      'EXEC_NO_TASK',
    ],
    'the task was started without ECS Exec': [
      chooseFromService(service, [task('a', { enableExecuteCommand: false })], target),
      'EXEC_NOT_ENABLED',
    ],
    'the agent has stopped': [
      chooseFromService(
        service,
        [task('a', { containers: [container('x', { managedAgents: [agent('STOPPED', 'oom')] })] })],
        target,
      ),
      'EXEC_AGENT_NOT_RUNNING',
    ],
    'the container has stopped': [
      chooseFromService(service, [task('a', { containers: [container('x', { lastStatus: 'STOPPED' })] })], target),
      'EXEC_NO_TASK',
    ],
    'the container does not exist': [
      chooseFromService(service, [task('a')], { ...target, container: 'db' }),
      'EXEC_NO_CONTAINER',
    ],
    'it could be several containers': [
      chooseFromService(service, [task('a', { containers: [container('a'), container('b')] })], target),
      'EXEC_NO_CONTAINER',
    ],
    'there is no such task': [chooseTask([], { cluster: 'ecs-demo', task: 'x' }), 'EXEC_NO_TASK'],
    'the task has stopped': [
      chooseTask([task('a', { lastStatus: 'STOPPED', desiredStatus: 'STOPPED', stoppedReason: 'oom' })], {
        cluster: 'ecs-demo',
        task: 'a',
      }),
      'EXEC_NO_TASK',
    ],
  }
  for (const [what, [found, code]] of Object.entries(never)) {
    it(`fails at once where ${what}`, () => {
      expect(isFinal(found)).to.equal(true)
      expect(codeOf(found)).to.equal(code)
      expect('failed' in found && found.failed.exit).to.equal(125)
    })
  }

  it('can be a task that is named, whatever started it', () => {
    const named = { cluster: 'ecs-demo', task: 'a' }
    expect(taskOf(chooseTask([task('a', { startedBy: 'somebody' })], named))).to.equal('a')
    expect(isFinal(chooseTask([task('a', { lastStatus: 'PENDING' })], named))).to.equal(false)
    expect(describeTarget({ cluster: 'c', task: 'arn:aws:ecs:r:1:task/c/abc' })).to.equal('task abc of ECS cluster c')
  })
})
