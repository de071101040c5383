import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Region } from '../../src/sandbox/aws/region.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type CliResult, cli } from '../support/cli.ts'

const CLUSTER = 'ecs-ambient-ecs'
const ECR_IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/echo:1'
const PRIVATE_IMAGE = 'registry.example.com/echo:1'

/** What is wrong, as doctor tells it, and doing what its fix says. */
interface Case {
  readonly code: string
  readonly state: 'failed' | 'warning'
  readonly why: RegExp
  readonly args?: readonly string[]
  /** Variables of the shell in which it is wrong. */
  readonly env?: () => Record<string, string>
  breaks?(): unknown
  /** Undefined: the fix is a command of ours, and it is run. */
  mends?(fix: string): unknown
}

/** Doctor as a command, in a world in which something goes wrong, until its own fix has mended it. */
describe('what doctor says to do', function () {
  this.timeout(90_000)
  let sandbox: Sandbox
  let directory: string
  before(async () => {
    sandbox = await startSandbox({ speed: 500 })
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
    const { code, stderr } = await run(['up', '--yes', '--json'])
    expect(code, stderr).to.equal(0)
  })
  afterEach(() => {
    sandbox.calls.fault = () => undefined
    sandbox.aws.credentialFault = () => undefined
  })
  after(async () => {
    await sandbox.close()
    rmSync(directory, { recursive: true })
  })

  const run = (args: readonly string[], env: Record<string, string> = {}): Promise<CliResult> =>
    cli(args, { env: { ...sandbox.environment, ...env } })
  const region = (): Region => sandbox.aws.region()

  /** Makes echo-service run an image, or try to. */
  const echoOf = async (image: string): Promise<void> => {
    const { aws } = sandbox
    const { services: [service] = [] } = await aws.call('ecs', 'DescribeServices', {
      cluster: CLUSTER,
      services: ['echo-service'],
    })
    const { taskDefinition } = await aws.call('ecs', 'DescribeTaskDefinition', {
      taskDefinition: service?.taskDefinition,
    })
    const {
      family = '',
      cpu,
      memory,
      networkMode,
      requiresCompatibilities,
      taskRoleArn,
      executionRoleArn,
    } = taskDefinition ?? {}
    const registered = await aws.call('ecs', 'RegisterTaskDefinition', {
      ...{ family, cpu, memory, networkMode, requiresCompatibilities, taskRoleArn, executionRoleArn },
      containerDefinitions: [{ name: 'echo-service', image }],
    })
    await aws.call('ecs', 'UpdateService', {
      cluster: CLUSTER,
      service: 'echo-service',
      taskDefinition: registered.taskDefinition?.taskDefinitionArn,
    })
  }
  const deployed = async () => {
    for (const args of [
      ['ecs', 'deploy'],
      ['ecs', 'enroll'],
    ]) {
      const { code, stderr } = await run(args)
      expect(code, stderr).to.equal(0)
    }
  }
  const without = (kind: string, name: string) => async () =>
    void sandbox.kubernetes.get('ambient-ecs')?.store.delete(kind, name, 'istio-system')

  const table: readonly Case[] = [
    {
      code: 'EA1004',
      state: 'failed',
      why: /session-manager-plugin/,
      args: ['--exec-driver', 'plugin'],
      env: () => ({ PATH: directory }),
      mends: () => undefined,
    },
    {
      code: 'EA1051',
      state: 'failed',
      why: /expired/,
      breaks: () => {
        sandbox.aws.credentialFault = () => 'expired'
      },
      mends: fix => {
        expect(fix).to.match(/^aws /)
        sandbox.aws.credentialFault = () => undefined
      },
    },
    {
      code: 'EA1052',
      state: 'warning',
      why: /they expire in (9|10) min/,
      env: () => ({
        AWS_SESSION_TOKEN: 'x',
        AWS_CREDENTIAL_EXPIRATION: new Date(Date.now() + 600_000).toISOString(),
      }),
      mends: fix => expect(fix).to.equal('aws sso login'),
    },
    {
      code: 'EA1103',
      state: 'failed',
      why: /not allowed: ec2:CreateVpc/,
      args: ['--cluster-name', 'to-come'],
      breaks: () => region().iam.deniedActions.add('ec2:CreateVpc'),
      mends: fix => {
        for (const action of fix.split(': ')[1]?.split(', ') ?? []) region().iam.deniedActions.delete(action)
      },
    },
    {
      code: 'EA1204',
      state: 'failed',
      why: /grants too little/,
      breaks: () => {
        sandbox.calls.fault = ({ plane, subject }) =>
          plane === 'kubernetes' && subject.includes('/namespaces/kube-system')
            ? { kind: 'error', when: 'before', code: 'Forbidden', status: 403, message: 'namespaces is forbidden' }
            : undefined
      },
      mends: async fix => {
        const [, clusterName = '', principalArn = '', policyArn = ''] =
          /^aws eks associate-access-policy .*--cluster-name (\S+) --principal-arn (\S+) .*--policy-arn (\S+)$/.exec(
            fix,
          ) ?? []
        const accessScope = { type: 'cluster' as const }
        await sandbox.aws.call('eks', 'AssociateAccessPolicy', { clusterName, principalArn, policyArn, accessScope })
        sandbox.calls.fault = () => undefined
      },
    },
    { code: 'EA1302', state: 'failed', why: /ztunnel is not installed/, breaks: without('DaemonSet', 'ztunnel') },
    { code: 'EA1303', state: 'failed', why: /istio-cni-node is not/, breaks: without('DaemonSet', 'istio-cni-node') },
    {
      code: 'EA1454',
      state: 'failed',
      why: /on Fargate 1\.3\.0/,
      breaks: async () => {
        const service = { cluster: CLUSTER, service: 'echo-service' }
        await sandbox.aws.call('ecs', 'UpdateService', { ...service, platformVersion: '1.3.0' })
        await settled()
      },
      mends: async fix => {
        const [, cluster, service, platformVersion] =
          /^aws ecs update-service --cluster (\S+) --service (\S+) --platform-version (\S+) --force/.exec(fix) ?? []
        await sandbox.aws.call('ecs', 'UpdateService', { cluster, service, platformVersion, forceNewDeployment: true })
        await settled()
      },
    },
    {
      code: 'EA1401',
      state: 'failed',
      why: /:role\/\S+ is not allowed: ecr:GetAuthorizationToken/,
      breaks: async () => {
        await echoOf(ECR_IMAGE)
        for (const role of region().iam.roles.values()) if (role.name.includes('execution')) role.attached.clear()
      },
      mends: async fix => {
        const [, RoleName, PolicyArn] = /--role-name (\S+) --policy-arn (\S+)/.exec(fix) ?? []
        await sandbox.aws.call('iam', 'AttachRolePolicy', { RoleName, PolicyArn })
      },
    },
    {
      code: 'EA1402',
      state: 'warning',
      why: /echo-service: registry\.example\.com\/echo:1/,
      breaks: async () => {
        region().ecs.badImages.add(PRIVATE_IMAGE)
        await echoOf(PRIVATE_IMAGE)
      },
      mends: deployed,
    },
  ]

  /** Until the service runs nothing but its newest deployment. */
  const settled = async (): Promise<void> => {
    const tasks = () => [...(region().ecs.clusters.get(CLUSTER)?.tasks.values() ?? [])]
    const isSettled = () => {
      const own = tasks().filter(
        ({ group, lastStatus }) => group === 'service:echo-service' && lastStatus !== 'STOPPED',
      )
      const [first] = region().ecs.clusters.get(CLUSTER)?.services.get('echo-service')?.deployments ?? []
      return own.length === 1 && own[0]?.lastStatus === 'RUNNING' && own[0].startedBy === first?.id
    }
    do await sandbox.clock.sleep(5_000)
    while (!isSettled())
  }

  for (const { code, state, why, args = [], env, breaks, mends } of table) {
    it(`mends what ${code} finds`, async () => {
      const told = async (more: readonly string[], shell?: Record<string, string>) => {
        const { json, stderr } = await run(['doctor', '--only', code, '--json', ...args, ...more], shell)
        const [check] = json().result.checks
        if (check === undefined) throw new Error(stderr)
        return check as { readonly state: string; readonly why: string; readonly fix?: string }
      }
      await breaks?.()
      const broken = await told([], env?.())
      expect(broken.state, broken.why).to.equal(state)
      expect(broken.why).to.match(why)
      const { fix = '' } = broken
      if (mends) await mends(fix)
      else {
        const done = await run(fix.split(' ').slice(1))
        expect(done.code, done.stderr).to.equal(0)
      }
      const after = await told(['--wait', '--timeout', '20s'])
      expect(after.state, after.why).to.be.oneOf(['ok', 'not-applicable'])
    })
  }
})
