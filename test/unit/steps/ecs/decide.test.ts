import type { Task } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import type { Settings } from '../../../../src/lib/config/settings.ts'
import { isFailure } from '../../../../src/lib/engine/failure.ts'
import { type Change, stateOf } from '../../../../src/lib/engine/plan.ts'
import { decideEcs } from '../../../../src/lib/steps/ecs/decide.ts'
import type { EcsSeen, SeenEcsCluster, SeenService } from '../../../../src/lib/steps/ecs/observe.ts'
import { settings } from '../../../support/settings.ts'
import {
  deployed,
  ECS,
  ecsCluster,
  enrolled,
  everything,
  family,
  from,
  GROUP,
  MESH_RULES,
  nothing,
  OURS_LOWER,
  revision,
  revisionArn,
  rule,
  service,
} from './fixtures.ts'

const brief = ({ action, kind, name }: Change) => `${action} ${kind} ${name}`
const planOf = (seen: EcsSeen, more: Partial<Settings> = {}) => decideEcs(seen, settings(more))
const changes = (seen: EcsSeen, more: Partial<Settings> = {}) => planOf(seen, more).changes.map(brief)

/** Everything deployed, but the shell's service and the revisions of its family are these. */
const withShell = (shell: SeenService, revisions = [shell.definition ?? revision('shell-task')]): EcsSeen =>
  withCluster({
    services: { ...ecsCluster().services, 'shell-task': shell },
    families: { ...ecsCluster().families, [`${ECS}-shell-task`]: family('shell-task', revisions) },
  })
const withCluster = (more: Partial<SeenEcsCluster>): EcsSeen => deployed({ ecsClusters: { [ECS]: ecsCluster(more) } })
const SHELL = `${ECS}/shell-task`
const FAMILY = `${ECS}-shell-task`

function failure(decide: () => unknown) {
  try {
    decide()
  } catch (error) {
    if (isFailure(error)) return error
    throw error
  }
  throw new Error('it was decided all the same')
}

describe('the step ecs decides', () => {
  it('to make everything where nothing is, in two stages', () => {
    const plan = planOf(nothing())
    expect(plan.changes.map(change => `${change.stage} ${brief(change)}`)).to.have.members([
      '0 create log-group /ecs/ecs-ambient-ecs',
      `0 create ecs-cluster ${ECS}`,
      '0 create security-group ecs-ambient-ecs-tasks',
      `0 create task-definition ${FAMILY}`,
      `0 create task-definition ${ECS}-echo-service`,
      '1 create security-group-rules ecs-ambient-ecs-tasks',
      '1 create security-group-rules EKS cluster security group',
      `1 create ecs-service ${SHELL}`,
      `1 create ecs-service ${ECS}/echo-service`,
    ])
    expect(stateOf(plan)).to.equal('absent')
    expect(plan.facts).to.deep.equal({ vpcId: 'vpc-1', subnetIds: ['subnet-a'], clusterSecurityGroupId: 'sg-eks' })
  })

  it('nothing where all is as wanted', () => {
    const plan = planOf(deployed())
    expect(plan.changes).to.deep.equal([])
    expect(plan.warnings).to.deep.equal([])
    expect(stateOf(plan)).to.equal('ready')
  })

  it('nothing where the services are enrolled: they stay enrolled', () => {
    const seen = withCluster({
      services: {
        'shell-task': service('shell-task', enrolled('shell-task')),
        'echo-service': service('echo-service', enrolled('echo-service')),
      },
      families: {
        [FAMILY]: family('shell-task', [enrolled('shell-task')]),
        [`${ECS}-echo-service`]: family('echo-service', [enrolled('echo-service')]),
      },
    })
    expect(changes(seen)).to.deep.equal([])
  })

  it('is pending without the EKS cluster or a role, and names what exists of ours', () => {
    const noCluster = planOf(nothing({ network: { pending: 'EKS cluster ambient-ecs does not exist' } }))
    expect(noCluster.pending).to.deep.equal(['EKS cluster ambient-ecs does not exist'])
    expect(noCluster.changes).to.deep.equal([])
    const noRole = planOf(deployed({ roles: {} }))
    expect(noRole.pending).to.deep.equal([
      'IAM role eks-ecs-task-role does not exist',
      'IAM role ecs-task-execution-role does not exist',
    ])
    expect(stateOf(noRole)).to.equal('partial')
  })

  it('to make nothing at all where there is no private subnet', () => {
    const seen = nothing({ network: { vpcId: 'vpc-1', groupId: 'sg-eks', privateSubnets: [] } })
    expect(failure(() => planOf(seen)).code).to.equal('NO_PRIVATE_SUBNETS')
  })

  describe('of a service that drifted', () => {
    const drifts: readonly (readonly [string, SeenService, RegExp])[] = [
      ['the desired count', service('shell-task', undefined, { desiredCount: 0 }), /desired count is 0, want 1/],
      ['ECS Exec', service('shell-task', undefined, { enableExecuteCommand: false }), /ECS Exec is off/],
      [
        'the network',
        service('shell-task', undefined, {
          networkConfiguration: {
            awsvpcConfiguration: { subnets: ['subnet-a'], securityGroups: ['sg-other'], assignPublicIp: 'ENABLED' },
          },
        }),
        /subnets is subnet-a.*security groups is sg-other.*public address is ENABLED/,
      ],
      [
        'the circuit breaker',
        service('shell-task', undefined, { deploymentConfiguration: {} }),
        /circuit breaker is off/,
      ],
    ]
    for (const [what, shell, reason] of drifts) {
      it(`to put back ${what}, with the same revision`, () => {
        const { changes } = planOf(withShell(shell))
        expect(changes.map(brief)).to.deep.equal([`update ecs-service ${SHELL}`])
        expect(changes[0]?.reason).to.match(reason)
        expect(changes[0]?.detail).not.to.have.property('revision')
      })
    }

    it('to have new tasks where the running ones lack ECS Exec', () => {
      const [change] = planOf(withShell(service('shell-task', undefined, { enableExecuteCommand: false }))).changes
      expect(change?.detail).to.have.property('redeploy', true)
    })

    it('to try again where the last deployment failed', () => {
      const deployments = [{ id: 'ecs-svc/2', status: 'PRIMARY', rolloutState: 'FAILED' as const }]
      const [change] = planOf(withShell(service('shell-task', undefined, { deployments }))).changes
      expect(change?.reason).to.equal('its last deployment failed')
      expect(change?.detail).to.have.property('redeploy', true)
    })

    describe('where fewer tasks run than should', () => {
      const crashed = (count: number, stopCode: Task['stopCode'] = 'EssentialContainerExited') =>
        Array.from(
          { length: count },
          (_, minute): Task => ({
            startedBy: 'ecs-svc/1',
            stopCode,
            stoppedAt: new Date(minute * 60_000),
            stoppedReason: `Essential container in task exited (${minute})`,
            containers: [{ name: 'shell-task', exitCode: 137, reason: 'OutOfMemoryError' }],
          }),
        )
      const withStopped = (stopped: readonly Task[]) =>
        planOf(withShell({ ...service('shell-task', undefined, { runningCount: 0 }), stopped }))

      it('nothing, but to say so, and why the last of them stopped', () => {
        const plan = withStopped(crashed(2))
        expect(plan.changes).to.deep.equal([])
        expect(plan.unsettled).to.deep.equal([
          `ECS service ${SHELL}: 0 of 1 tasks run; the last that stopped: Essential container in task exited (1); container shell-task exited with 137: OutOfMemoryError`,
        ])
        expect(stateOf(plan)).to.equal('partial')
      })

      it('nothing while the first of them starts', () => {
        const plan = withStopped([])
        expect([plan.changes, plan.unsettled]).to.deep.equal([[], [`ECS service ${SHELL}: 0 of 1 tasks run`]])
      })

      it('to try again once they stop one after another', () => {
        const plan = withStopped(crashed(3))
        expect(plan.changes.map(brief)).to.deep.equal([`update ecs-service ${SHELL}`])
        expect(plan.changes[0]?.reason).to.equal('3 of its tasks stopped one after another')
        expect(plan.changes[0]?.detail).to.have.property('redeploy', true)
        expect(stateOf(plan)).to.equal('drifted')
      })

      it('nothing about those that ECS itself stopped', () => {
        expect(withStopped(crashed(3, 'ServiceSchedulerInitiated')).changes).to.deep.equal([])
      })
    })

    it('to register a revision where the image differs, and to run it', () => {
      const { changes } = planOf(
        withShell(service('shell-task', revision('shell-task', 1, { container: { image: 'x' } }))),
      )
      expect(changes.map(brief)).to.deep.equal([`create task-definition ${FAMILY}`, `update ecs-service ${SHELL}`])
      expect(changes[1]?.reason).to.equal('shell-task image is x, want curlimages/curl:8.11.1')
      expect(changes[1]?.detail).to.deep.include({ revision: {}, redeploy: false })
    })

    it('to register our revision where our container differs in an enrolled one', () => {
      const seen = withShell(service('shell-task', enrolled('shell-task', 2, { image: 'x' })))
      expect(changes(seen)).to.deep.equal([`create task-definition ${FAMILY}`, `update ecs-service ${SHELL}`])
    })

    it('to use a revision that an earlier run registered but did not get to', () => {
      const old = service('shell-task', revision('shell-task', 1, { container: { image: 'x' } }))
      const { changes } = planOf(withShell(old, [revision('shell-task', 2)]))
      expect(changes.map(brief)).to.deep.equal([`update ecs-service ${SHELL}`])
      expect(changes[0]?.detail).to.have.deep.property('revision', { arn: revisionArn('shell-task', 2) })
    })

    it('to make it anew once it has drained', () => {
      const { changes } = planOf(withShell(service('shell-task', undefined, { status: 'DRAINING' })))
      expect(changes.map(brief)).to.deep.equal([`create ecs-service ${SHELL}`])
      expect(changes[0]?.reason).to.contain('DRAINING')
    })
  })

  describe('of a service that is missing', () => {
    const missing = (revisions: ReturnType<typeof revision>[]) =>
      withCluster({
        services: { 'echo-service': service('echo-service') },
        families: { ...ecsCluster().families, [FAMILY]: family('shell-task', revisions) },
      })

    it('to run the newest revision of ours where it is as wanted', () => {
      const { changes } = planOf(missing([revision('shell-task', 3)]))
      expect(changes.map(brief)).to.deep.equal([`create ecs-service ${SHELL}`])
      expect(changes[0]?.detail).to.have.deep.property('revision', { arn: revisionArn('shell-task', 3) })
    })

    const useless: readonly (readonly [string, ReturnType<typeof revision>])[] = [
      ['is enrolled: its bootstrap may be stale', enrolled('shell-task', 4)],
      ["isn't ours", revision('shell-task', 4, {}, {})],
      ["is another cluster's", revision('shell-task', 4, {}, { 'ecs-ambient/cluster': 'other' })],
      ['differs', revision('shell-task', 4, { cpu: '512' })],
      ['is deregistered', revision('shell-task', 4, { status: 'INACTIVE' })],
    ]
    for (const [what, newest] of useless) {
      it(`to register a new one where the newest ${what}`, () => {
        expect(changes(missing([newest]))).to.deep.equal([
          `create task-definition ${FAMILY}`,
          `create ecs-service ${SHELL}`,
        ])
      })
    }
  })

  describe('of the network', () => {
    it('to let the mesh in where a rule is missing, in one call for each group', () => {
      const { changes } = planOf(deployed({ rules: [] }))
      expect(changes.map(({ name, reason }) => `${name}: ${reason}`)).to.deep.equal([
        'ecs-ambient-ecs-tasks: lets in port 15008 from EKS cluster security group, port 15008 from ecs-ambient-ecs-tasks',
        'EKS cluster security group: lets in port 15008 from ecs-ambient-ecs-tasks',
      ])
    })

    it('nothing where the same rule is there and somebody else made it', () => {
      const [a, b] = MESH_RULES
      expect(
        changes(deployed({ rules: [a, b, rule('sg-eks', from('sg-tasks'), false)].filter(r => r !== undefined) })),
      ).to.deep.equal([])
    })

    it('not to take a rule for the wanted one that lets in another port, group or direction', () => {
      const similar = [
        rule('sg-eks', { ...from('sg-tasks'), FromPort: 8080, ToPort: 8080 }, false),
        rule('sg-eks', { ...from('sg-tasks'), ToPort: 15009 }, false),
        rule('sg-eks', { ...from('sg-tasks'), IsEgress: true }, false),
        rule('sg-eks', { ...from('sg-tasks'), IpProtocol: 'udp' }, false),
        rule('sg-eks', from('sg-other'), false),
        rule('sg-other', from('sg-tasks'), false),
      ]
      const rules = [...MESH_RULES.filter(({ GroupId }) => GroupId === 'sg-tasks'), ...similar]
      expect(changes(deployed({ rules }))).to.deep.equal(['create security-group-rules EKS cluster security group'])
    })

    it('to open both groups to everyone only when asked to', () => {
      const { changes } = planOf(deployed(), { open: true })
      expect(changes.map(({ action, name, reason }) => `${action} ${name}: ${reason}`)).to.deep.equal([
        'create ecs-ambient-ecs-tasks: lets in everything from 0.0.0.0/0',
        'create EKS cluster security group: lets in everything from 0.0.0.0/0',
      ])
    })

    it("to take our own wide-open rules away again, and nobody else's", () => {
      const wide = [rule('sg-tasks', everything), rule('sg-eks', everything), rule('sg-eks', everything, false)]
      const { changes } = planOf(deployed({ rules: [...MESH_RULES, ...wide] }))
      expect(changes.map(brief)).to.deep.equal([
        'delete security-group-rules ecs-ambient-ecs-tasks',
        'delete security-group-rules EKS cluster security group',
      ])
      expect(changes.map(({ detail }) => detail)).to.deep.equal(
        wide.slice(0, 2).map(({ SecurityGroupRuleId }) => [SecurityGroupRuleId]),
      )
      expect(planOf(deployed({ rules: [...MESH_RULES, ...wide] }), { open: true }).changes).to.deep.equal([])
    })

    it('to leave the rules of an ECS cluster that is not in this configuration', () => {
      const other = { id: 'sg-other', name: 'ecs-other-tasks', vpcId: 'vpc-1', tags: GROUP.tags }
      const rules = [...MESH_RULES, rule('sg-other', from('sg-eks')), rule('sg-eks', from('sg-other'))]
      expect(changes(deployed({ groups: [GROUP, other], rules }))).to.deep.equal([])
    })

    it('to make a group in this VPC, whoever has one of its name in another', () => {
      const elsewhere = { ...GROUP, id: 'sg-elsewhere', vpcId: 'vpc-2', tags: {} }
      expect(changes(nothing({ groups: [elsewhere] }))).to.include('create security-group ecs-ambient-ecs-tasks')
    })

    it('to let the tasks of several ECS clusters talk to each other', () => {
      const [first] = settings().ecsClusters
      const ecsClusters = [first, first && { ...first, name: 'ecs-two' }].filter(c => c !== undefined)
      const { changes } = planOf(nothing(), { ecsClusters })
      const rules = changes
        .filter(({ kind }) => kind === 'security-group-rules')
        .map(({ name, detail }) => [name, detail])
      const hbone = (into: string, from: string) => ({ into, from, ports: 'hbone' })
      const [one, two, eks] = ['ecs-ambient-ecs-tasks', 'ecs-two-tasks', 'EKS cluster security group'] as const
      expect(rules).to.deep.equal([
        [one, [hbone(one, eks), hbone(one, one), hbone(one, two)]],
        [two, [hbone(two, eks), hbone(two, one), hbone(two, two)]],
        [eks, [hbone(eks, one), hbone(eks, two)]],
      ])
    })
  })

  describe("of what has our name but isn't ours", () => {
    const foreign = (): EcsSeen =>
      deployed({
        groups: [{ ...GROUP, tags: {} }],
        ecsClusters: {
          [ECS]: ecsCluster({
            cluster: { clusterName: ECS, clusterArn: 'arn:cluster', status: 'ACTIVE', tags: [] },
            services: {
              'shell-task': service('shell-task', undefined, { tags: [] }),
              'echo-service': service('echo-service', undefined, {
                tags: [{ key: 'ecs-ambient/cluster', value: 'other' }],
              }),
            },
            logGroup: { arn: 'arn:log-group', tags: {} },
          }),
        },
      })

    it('to use it as it is, with a warning each', () => {
      const plan = planOf(foreign())
      expect(plan.changes).to.deep.equal([])
      expect(plan.warnings).to.have.length(5)
    })

    it('to take it over only when asked to', () => {
      expect(changes(foreign(), { adopt: true })).to.have.members([
        'adopt log-group /ecs/ecs-ambient-ecs',
        `adopt ecs-cluster ${ECS}`,
        `adopt ecs-service ${SHELL}`,
        `adopt ecs-service ${ECS}/echo-service`,
        'adopt security-group ecs-ambient-ecs-tasks',
      ])
    })

    it('to refuse a service that would have to be changed', () => {
      const seen = withShell(service('shell-task', undefined, { tags: [], desiredCount: 0 }))
      const refusal = failure(() => planOf(seen))
      expect([refusal.code, refusal.exit]).to.deep.equal(['NOT_OURS', 2])
      expect(refusal.message).to.contain(SHELL)
      expect(refusal.why).to.deep.equal(['desired count is 0, want 1'])
    })

    it('to refuse a security group that would have to let more in', () => {
      const refusal = failure(() => planOf(deployed({ groups: [{ ...GROUP, tags: {} }], rules: [] })))
      expect(refusal.message).to.contain('sg-tasks')
    })
  })

  describe('of the ECS cluster', () => {
    it('to make it anew once it is gone', () => {
      const cluster = { clusterName: ECS, status: 'DEPROVISIONING', tags: OURS_LOWER }
      expect(changes(withCluster({ cluster }))).to.deep.equal([`create ecs-cluster ${ECS}`])
    })

    it('to tag it for istiod where the Istio version finds clusters by a tag', () => {
      const { changes } = planOf(deployed({ istioVersion: '1.28.0' }))
      expect(changes.map(brief)).to.deep.equal([`update ecs-cluster ${ECS}`])
      expect(changes[0]?.reason).to.contain('ecs.solo.io/discovery-enabled')
    })
  })
})
