import { expect } from 'chai'
import type { Change } from '../../../../src/lib/engine/plan.ts'
import { decideEcsRemoval } from '../../../../src/lib/steps/ecs/decide-removal.ts'
import type { EcsSeen } from '../../../../src/lib/steps/ecs/observe.ts'
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
  revision,
  rule,
  service,
} from './fixtures.ts'

const staged = ({ action, kind, name, stage }: Change) => `${stage} ${action} ${kind} ${name}`
const planOf = (seen: EcsSeen) => decideEcsRemoval(seen, settings())
const removal = (seen: EcsSeen) => planOf(seen).changes.map(staged)

const ALL = [
  `0 delete ecs-service ${ECS}/shell-task`,
  `0 delete ecs-service ${ECS}/echo-service`,
  '1 delete security-group-rules ecs-ambient-ecs-tasks',
  '1 delete security-group-rules EKS cluster security group',
  '2 delete security-group ecs-ambient-ecs-tasks',
  `2 delete ecs-cluster ${ECS}`,
  `2 delete task-definition ${ECS}-shell-task`,
  `2 delete task-definition ${ECS}-echo-service`,
  '2 delete log-group /ecs/ecs-ambient-ecs',
]

describe('the removal of ecs', () => {
  it('takes away all that is ours: users first, then what names each other, then the rest', () => {
    expect(removal(deployed())).to.have.members(ALL)
  })

  it('has nothing to do where nothing is', () => {
    expect(removal(nothing())).to.deep.equal([])
  })

  it('works when the EKS cluster is gone', () => {
    const seen = deployed({ network: { pending: 'EKS cluster ambient-ecs does not exist' }, roles: {} })
    expect(planOf(seen).pending).to.equal(undefined)
    expect(removal(seen)).to.have.members(ALL.map(line => line.replace('EKS cluster security group', 'sg-eks')))
  })

  it('takes away the wide-open rules too', () => {
    const wide = rule('sg-eks', everything)
    const { changes } = planOf(deployed({ rules: [...MESH_RULES, wide] }))
    expect(changes.find(({ id }) => id === 'sg-eks')?.detail).to.include(wide.SecurityGroupRuleId)
  })

  it("leaves alone everything that isn't ours", () => {
    const seen = deployed({
      groups: [
        { ...GROUP, tags: {} },
        { ...GROUP, id: 'sg-2', vpcId: 'vpc-2', tags: { 'ecs-ambient/cluster': 'other' } },
      ],
      rules: [rule('sg-eks', from('sg-tasks'), false), rule('sg-eks', everything, false)],
      ecsClusters: {
        [ECS]: ecsCluster({
          cluster: { clusterName: ECS, status: 'ACTIVE', tags: [] },
          services: { 'shell-task': service('shell-task', undefined, { tags: [] }) },
          families: { [`${ECS}-shell-task`]: family('shell-task', [revision('shell-task', 1, {}, {})]) },
          logGroup: { arn: 'arn:log-group', tags: { 'ecs-ambient/cluster': 'other' } },
        }),
      },
    })
    expect(removal(seen)).to.deep.equal([])
  })

  it('leaves the group and rules of an ECS cluster that is not in this configuration', () => {
    const other = { id: 'sg-other', name: 'ecs-other-tasks', vpcId: 'vpc-1', tags: GROUP.tags }
    const rules = [...MESH_RULES, rule('sg-other', from('sg-eks')), rule('sg-eks', from('sg-other'))]
    expect(removal(deployed({ groups: [GROUP, other], rules }))).to.have.members(ALL)
  })

  it('takes its own group out of the rules of another ECS cluster', () => {
    const other = { id: 'sg-other', name: 'ecs-other-tasks', vpcId: 'vpc-1', tags: GROUP.tags }
    const naming = rule('sg-other', from('sg-tasks'))
    const { changes } = planOf(deployed({ groups: [GROUP, other], rules: [...MESH_RULES, naming] }))
    expect(changes.find(({ id }) => id === 'sg-other')?.detail).to.deep.equal([naming.SecurityGroupRuleId])
  })

  it('tells of an ECS cluster of this mesh that it leaves, and how that goes', () => {
    expect(planOf(nothing({ unnamed: ['pay'] })).warnings?.join()).to.contain(
      'ecs-ambient ecs delete --ecs-cluster pay',
    )
  })

  it('takes along every ECS cluster that was looked at, named by the configuration or not', () => {
    const cluster = ecsCluster({ services: { 'shell-task': service('shell-task') }, families: {} })
    const group = { id: 'sg-pay', name: 'pay-tasks', vpcId: 'vpc-1', tags: GROUP.tags }
    expect(removal(nothing({ groups: [group], ecsClusters: { pay: cluster } }))).to.include.members([
      '0 delete ecs-service pay/shell-task',
      '2 delete security-group pay-tasks',
    ])
  })

  it('finds the group by its tag in whichever VPC', () => {
    const elsewhere = { ...GROUP, id: 'sg-elsewhere', vpcId: 'vpc-2' }
    const { changes } = planOf(nothing({ groups: [elsewhere] }))
    expect(changes.map(({ id }) => id)).to.deep.equal(['sg-elsewhere'])
  })

  it('counts revisions that enrolment registered as ours', () => {
    const cluster = {
      services: {},
      families: { [`${ECS}-shell-task`]: family('shell-task', [enrolled('shell-task')]) },
    }
    expect(removal(nothing({ ecsClusters: { [ECS]: cluster } }))).to.deep.equal([
      `2 delete task-definition ${ECS}-shell-task`,
    ])
  })

  it('goes on with a service that is draining', () => {
    const draining = service('shell-task', undefined, { status: 'DRAINING' })
    const cluster = { services: { 'shell-task': draining }, families: {} }
    expect(removal(nothing({ ecsClusters: { [ECS]: cluster } }))).to.deep.equal([
      `0 delete ecs-service ${ECS}/shell-task`,
    ])
  })
})
