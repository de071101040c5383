import type { Deployment, Service, Task } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import { type ServiceView, type Steadiness, steadiness } from '../../../../src/lib/steps/ecs/steadiness.ts'
import { enrolled, revision, revisionArn, service as seenService } from './fixtures.ts'

const ARN = revisionArn('shell-task', 1)
const STARTED = new Date('2026-01-01T00:00:00Z')
const later = (seconds: number) => new Date(STARTED.getTime() + seconds * 1000)

const primary = (more: Partial<Deployment> = {}): Deployment => ({
  id: 'ecs-svc/1',
  status: 'PRIMARY',
  rolloutState: 'COMPLETED',
  taskDefinition: ARN,
  runningCount: 1,
  createdAt: STARTED,
  ...more,
})
const service = (more: Partial<Service> = {}): Service => ({
  ...seenService('shell-task').service,
  deployments: [primary()],
  events: [],
  ...more,
})
const agent = (lastStatus: string) => ({ name: 'ExecuteCommandAgent' as const, lastStatus })
const task = (more: Partial<Task> = {}): Task => ({
  taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/ecs-ambient-ecs/1',
  startedBy: 'ecs-svc/1',
  lastStatus: 'RUNNING',
  taskDefinitionArn: ARN,
  containers: [{ name: 'shell-task', healthStatus: 'UNKNOWN', managedAgents: [agent('RUNNING')] }],
  ...more,
})
const view = (more: Partial<ServiceView> = {}): ServiceView => ({
  service: service(),
  tasks: [task()],
  stopped: [],
  definition: revision('shell-task').taskDefinition,
  ...more,
})
const rolling = (more: Partial<Deployment>, rest: Partial<Service> = {}) =>
  view({ service: service({ deployments: [primary({ rolloutState: 'IN_PROGRESS', ...more })], ...rest }) })
const event = (message: string, seconds: number) => ({ id: message, message, createdAt: later(seconds) })

const says = (result: Steadiness): string => {
  if ('steady' in result) return 'steady'
  return 'failed' in result ? `failed: ${result.failed}` : `waiting: ${result.waiting}`
}
const verdict = (seen: ServiceView, waited = 0, wanted?: string) => says(steadiness(seen, waited, wanted))

describe('a service is', () => {
  it('steady when its one deployment is complete and its tasks can be reached', () => {
    expect(verdict(view())).to.equal('steady')
    expect(verdict(view(), 0, ARN)).to.equal('steady')
  })

  it('steady on a later revision that another run moved it on to, never on an older one', () => {
    const newer = revisionArn('shell-task', 3)
    const moved = view({
      service: service({ taskDefinition: newer, deployments: [primary({ taskDefinition: newer })] }),
    })
    expect(verdict(moved, 0, revisionArn('shell-task', 2))).to.equal('steady')
    expect(verdict(moved, 0, revisionArn('shell-task', 4))).to.match(/^waiting: it is about to run/)
    expect(verdict(moved, 0, revisionArn('echo-service', 2))).to.match(/^waiting: it is about to run/)
  })

  it('not steady straight after an update, although as many tasks run as are desired', () => {
    const wanted = revisionArn('shell-task', 2)
    expect(verdict(view(), 0, wanted)).to.match(/^waiting: it is about to run .*shell-task:1, want .*shell-task:2/)
    const deployments = [
      primary({ id: 'ecs-svc/2', taskDefinition: wanted, rolloutState: 'IN_PROGRESS', runningCount: 0 }),
      primary({ status: 'ACTIVE' }),
    ]
    const updated = service({ taskDefinition: wanted, deployments, runningCount: 1, desiredCount: 1 })
    expect(verdict(view({ service: updated }))).to.equal('waiting: its deployment is IN_PROGRESS: 0 of 1 tasks running')
  })

  it('not steady while an older deployment is still there', () => {
    const deployments = [primary(), primary({ id: 'ecs-svc/0', status: 'ACTIVE' })]
    expect(verdict(view({ service: service({ deployments }) }))).to.match(/^waiting: 1 older deployments/)
  })

  it('not steady with the tasks of an older deployment only', () => {
    expect(verdict(view({ tasks: [task({ startedBy: 'ecs-svc/0' })] }))).to.equal('waiting: 0 of 1 tasks are RUNNING')
  })

  it('not steady before its tasks run', () => {
    expect(verdict(view({ tasks: [task({ lastStatus: 'PENDING' })] }))).to.equal('waiting: 0 of 1 tasks are RUNNING')
    expect(verdict(view({ tasks: [task(), task({ lastStatus: 'PENDING' })] }))).to.equal(
      'waiting: 1 tasks are not RUNNING',
    )
  })

  it("not steady before ECS Exec's agent runs, where ECS Exec is on", () => {
    const pending = [task({ containers: [{ name: 'shell-task', managedAgents: [agent('PENDING')] }] })]
    expect(verdict(view({ tasks: pending }))).to.equal("waiting: ECS Exec's agent in shell-task is PENDING")
    const without = [task({ containers: [{ name: 'shell-task' }] })]
    expect(verdict(view({ tasks: without }))).to.contain('not there yet')
    expect(verdict(view({ tasks: without, service: service({ enableExecuteCommand: false }) }))).to.equal('steady')
  })

  it('not steady before those containers are healthy that define a health check', () => {
    const { taskDefinition } = enrolled('shell-task', 1)
    const containers = taskDefinition.containerDefinitions ?? []
    const checked = {
      ...taskDefinition,
      containerDefinitions: containers.map(container =>
        container.name === 'ztunnel' ? { ...container, healthCheck: { command: ['CMD', 'true'] } } : container,
      ),
    }
    const both = (healthStatus: 'HEALTHY' | 'UNKNOWN') =>
      task({
        containers: [
          { name: 'shell-task', healthStatus: 'UNKNOWN', managedAgents: [agent('RUNNING')] },
          { name: 'ztunnel', healthStatus, managedAgents: [agent('RUNNING')] },
        ],
      })
    expect(verdict(view({ definition: checked, tasks: [both('UNKNOWN')] }))).to.equal('waiting: ztunnel is UNKNOWN')
    expect(verdict(view({ definition: checked, tasks: [both('HEALTHY')] }))).to.equal('steady')
  })

  it('steady without tasks where none are desired', () => {
    expect(verdict(view({ service: service({ desiredCount: 0 }), tasks: [] }))).to.equal('steady')
  })

  it('failed at once when its deployment failed, in the words of ECS', () => {
    const reason = 'ECS deployment circuit breaker: tasks failed to start.'
    expect(verdict(rolling({ rolloutState: 'FAILED', rolloutStateReason: reason }))).to.equal(`failed: ${reason}`)
  })

  it('failed when what was asked for was rolled back', () => {
    const wanted = revisionArn('shell-task', 2)
    const deployments = [
      primary(),
      primary({ id: 'ecs-svc/2', status: 'ACTIVE', taskDefinition: wanted, rolloutState: 'FAILED' }),
    ]
    expect(verdict(view({ service: service({ deployments }) }), 0, wanted)).to.equal('failed: its deployment failed')
  })

  it('not failed because an older attempt at the same revision failed', () => {
    const deployments = [
      primary({ id: 'ecs-svc/2', rolloutState: 'IN_PROGRESS' }),
      primary({ status: 'ACTIVE', rolloutState: 'FAILED' }),
    ]
    expect(verdict(view({ service: service({ deployments }) }))).to.match(/^waiting/)
  })

  it('failed when its tasks stop one after another, circuit breaker or not', () => {
    expect(verdict(rolling({ failedTasks: 2 }))).to.match(/^waiting/)
    expect(verdict(rolling({ failedTasks: 3 }))).to.equal('failed: 3 of its tasks stopped one after another')
  })

  it('failed when its containers run and end, again and again', () => {
    const ended = (stopCode: NonNullable<Task['stopCode']>, startedBy = 'ecs-svc/1') => task({ stopCode, startedBy })
    const crashing = (stopped: Task[]) => verdict({ ...view({ tasks: [] }), stopped })
    expect(crashing([ended('EssentialContainerExited'), ended('EssentialContainerExited')])).to.match(/^waiting/)
    expect(crashing(Array(3).fill(ended('EssentialContainerExited')))).to.match(/^failed: 3 of its tasks stopped/)
    expect(crashing(Array(3).fill(ended('ServiceSchedulerInitiated')))).to.match(/^waiting/)
    expect(crashing(Array(3).fill(ended('EssentialContainerExited', 'ecs-svc/0')))).to.match(/^waiting/)
    expect(verdict(view({ stopped: Array(3).fill(ended('TaskFailedToStart')) }))).to.equal('steady')
  })

  it('waiting while a new role may not be assumable yet, then failed', () => {
    const message =
      "(service shell-task) failed to launch a task with (error ECS was unable to assume the role 'arn:x')."
    expect(verdict(rolling({}, { events: [event(message, 60)] }), 60_000)).to.match(/^waiting: .*unable to assume/)
    expect(verdict(rolling({}, { events: [event(message, 200)] }), 60_000)).to.equal(`failed: ${message}`)
    expect(verdict(rolling({}, { events: [event(message, 60)] }), 200_000)).to.equal(`failed: ${message}`)
  })

  it('not failed by events from before its deployment', () => {
    const events = [event('(service shell-task) was unable to assume the role', -10)]
    expect(verdict(rolling({}, { events }), 600_000)).to.equal(
      'waiting: its deployment is IN_PROGRESS: 1 of 1 tasks running',
    )
  })

  it('waiting with its newest event', () => {
    const events = [event('old', 1), event('(service shell-task) has started 1 tasks', 5)]
    expect(verdict(rolling({}, { events }))).to.match(/has started 1 tasks$/)
  })

  it('waiting for a moment where it does not show, then failed', () => {
    const none = view({ service: undefined, tasks: [] })
    expect(verdict(none)).to.equal('waiting: it does not show yet')
    expect(verdict(none, 100_000)).to.equal('failed: the service does not exist')
  })

  it('failed while it is being deleted', () => {
    expect(verdict(view({ service: service({ status: 'DRAINING' }) }))).to.equal('failed: the service is DRAINING')
  })
})
