import { tasksRunning } from '../../../../src/lib/doctor/checks/ecs-exec/services.ts'
import { callerRights, clusterConfiguration, taskRole } from '../../../../src/lib/doctor/checks/ecs-exec/sessions.ts'
import { agents, initProcess, noKeys, platform } from '../../../../src/lib/doctor/checks/ecs-exec/tasks.ts'
import { judged, ROLE, simulated } from './support.ts'

const running = (task: object, container: object = {}, definition: object = {}) => ({
  label: 'app 12345678',
  service: 'app',
  task,
  definition: { containerDefinitions: [{ name: 'app', ...container }], ...definition },
})
const managed = (lastStatus: string, reason?: string) => ({
  containers: [{ name: 'app', managedAgents: [{ name: 'ExecuteCommandAgent', lastStatus, reason }] }],
})
const exec = (executeCommandConfiguration: object) => [
  { clusterName: 'c', configuration: { executeCommandConfiguration } },
]
const service = (runningCount: number, desired = 1) => ({
  name: 'app',
  desired,
  running: runningCount,
  event: 'unable to place a task',
})
function rights(results: readonly unknown[], kind = 'role') {
  return { principal: { arn: ROLE, kind }, results }
}
function role(results: readonly unknown[]) {
  return { tasks: [running({}, {}, { taskRoleArn: ROLE })], results: { [ROLE]: results } }
}

describe('doctor: ecs-exec', () => {
  judged([
    [
      clusterConfiguration,
      [
        [[], 'failed', /no ECS cluster/, /ecs deploy/],
        [exec({ logging: 'OVERRIDE' }), 'failed', /names no place/, /update-cluster/],
        [exec({ logging: 'OVERRIDE', logConfiguration: { s3BucketName: 'b' } }), 'ok', /OVERRIDE/],
        [exec({ kmsKeyId: 'alias/k' }), 'ok', /encrypted with alias\/k/],
      ],
    ],
    [
      callerRights,
      [
        [
          rights(simulated('explicitDeny', 'ecs:ExecuteCommand')),
          'failed',
          /ecs:ExecuteCommand/,
          /Have this allowed for/,
        ],
        [
          rights([
            { ...simulated('implicitDeny', 'ecs:ExecuteCommand')[0], MissingContextValues: ['aws:RequestTag/a'] },
          ]),
          'warning',
          /on conditions/,
        ],
        [rights(simulated('allowed', 'ecs:ExecuteCommand')), 'ok', /all 1 actions/],
        [rights([], 'root'), 'ok', /root/],
        [rights([], 'other'), 'not-applicable', /can't be simulated/],
      ],
    ],
    [
      tasksRunning,
      [
        [{ wanted: ['app', 'other'], services: [service(1)] }, 'failed', /no ECS service other/, /ecs deploy/],
        [{ wanted: ['app'], services: [service(0)] }, 'failed', /app: 0 of 1; unable to place/],
        [{ wanted: ['app'], services: [service(0, 0)] }, 'failed', /0 of 0/],
        [{ wanted: ['app'], services: [service(1)] }, 'ok', /1 task$/],
      ],
    ],
    [
      platform,
      [
        [[running({ launchType: 'FARGATE', platformVersion: '1.3.0' })], 'failed', /Fargate 1.3.0/, /LATEST/],
        [[running({ launchType: 'FARGATE' })], 'failed', /no known version/],
        [
          [running({ launchType: 'FARGATE', platformVersion: '1.4.0' }), running({ launchType: 'EC2' })],
          'ok',
          /2 tasks/,
        ],
      ],
    ],
    [
      agents,
      [
        [[running({ containers: [{ name: 'app' }] })], 'failed', /app: none/],
        [[running(managed('STOPPED', 'no way out'))], 'failed', /STOPPED: no way out/],
        [[running(managed('PENDING'))], 'warning', /PENDING/, /--wait/],
        [[running(managed('RUNNING'))], 'ok', /1 task$/],
      ],
    ],
    [
      initProcess,
      [
        [[running({})], 'warning', /zombies/, /initProcessEnabled/],
        [[running({}, { linuxParameters: { initProcessEnabled: true } })], 'ok', /1 task$/],
        [[running({}, { name: 'ztunnel' })], 'ok', /1 task$/],
      ],
    ],
    [
      noKeys,
      [
        [
          [running({}, { environment: [{ name: 'AWS_SECRET_ACCESS_KEY', value: 'hidden' }] })],
          'failed',
          /^app 12345678\/app has AWS_SECRET_ACCESS_KEY: the agent/,
        ],
        [[running({}, { secrets: [{ name: 'AWS_ACCESS_KEY_ID', valueFrom: 'arn' }] })], 'failed', /AWS_ACCESS_KEY_ID/],
        [[running({}, { environment: [{ name: 'AWS_REGION', value: 'us-east-1' }] })], 'ok', /1 task$/],
      ],
    ],
    [
      taskRole,
      [
        [{ tasks: [running({})], results: {} }, 'failed', /without a task role: app/],
        [
          role(simulated('implicitDeny', 'ssmmessages:OpenDataChannel')),
          'failed',
          /ssmmessages:OpenDataChannel/,
          /iam ensure/,
        ],
        [role(simulated('allowed', 'ssmmessages:OpenDataChannel')), 'ok', /someone/],
      ],
    ],
  ])
})
