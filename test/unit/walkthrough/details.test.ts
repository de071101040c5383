import { expect } from 'chai'
import type { Change, Plan } from '../../../src/lib/engine/plan.ts'
import { detailLines } from '../../../src/lib/walkthrough/details.ts'
import { settings } from '../../support/settings.ts'

const LICENCE = 'licence-that-nobody-may-see'
const account = { account: '111122223333', partition: 'aws' }
const details = (step: string, change: Partial<Change>, istioVersion = '1.26.3') => {
  const plan: Plan = {
    changes: [{ action: 'create', kind: 'k', name: 'n', reason: 'does not exist', ...change }],
    present: [],
  }
  return detailLines(step, plan, { settings: settings({ license: LICENCE, istioVersion }), account }).join('\n')
}

describe('details', () => {
  it('show the command that is run and what it reads', () => {
    const text = details('cluster', { kind: 'eks-cluster', name: 'ambient-ecs', detail: { version: '1.35' } })
    expect(text).to.match(/\$ eksctl create cluster --config-file -/)
    expect(text).to.include('version: "1.35"').and.to.include('kind: ClusterConfig')
  })

  it('show the IstioOperator without the licence', () => {
    const text = details('istio', { kind: 'istio', name: '1.26.3' })
    expect(text).to.include('kind: IstioOperator').and.to.include('value: (not shown)')
    expect(text).not.to.include(LICENCE)
  })

  it('show policies, trust and task definitions as they are sent', () => {
    expect(details('iam', { kind: 'iam-policy', name: 'eks-ecs-task-policy' })).to.include('ssmmessages:')
    expect(details('iam', { kind: 'iam-role', name: 'eks-ecs-task-role' })).to.include('ecs-tasks.amazonaws.com')
    const text = details('ecs', { kind: 'task-definition', name: 'ecs-ambient-ecs-shell-task' })
    expect(text).to.include('ALL_PROXY').and.to.include('curlimages/curl')
  })

  it('show how a service is enrolled', () => {
    const detail = { ecsCluster: 'ecs-ambient-ecs', service: 'shell-task' }
    expect(details('enroll', { kind: 'enrolment', name: 'ecs-ambient-ecs/shell-task', detail })).to.include(
      '$ istioctl ecs add-service shell-task --cluster ecs-ambient-ecs --namespace ecs --external',
    )
  })

  it('show any other object as it is, and not all of a very long one', () => {
    const object = { kind: 'Namespace', metadata: { name: 'ecs' } }
    expect(details('namespace', { kind: 'Namespace', name: 'ecs', detail: object })).to.include('  kind: Namespace')
    const long = Object.fromEntries(Array.from({ length: 500 }, (_, index) => [`key${index}`, index]))
    expect(details('gateway-api', { detail: long })).to.include('(and 440 more lines)')
  })
})
