import { expect } from 'chai'
import type { Settings } from '../../../../src/lib/config/settings.ts'
import { isFailure } from '../../../../src/lib/engine/failure.ts'
import { definitionDifferences, wantedDefinition } from '../../../../src/lib/steps/ecs/task-definitions.ts'
import { settings } from '../../../support/settings.ts'
import { enrolled, ROLES, revision } from './fixtures.ts'

function wanted(name = 'shell-task', more: Partial<Settings> = {}, taskDefinition = name) {
  const desired = settings(more)
  const [cluster] = desired.ecsClusters
  if (cluster === undefined) throw new Error('no ECS cluster')
  return wantedDefinition(desired, cluster, { name, taskDefinition }, ROLES)
}

describe('task definitions', () => {
  it('are the files of assets, filled in', () => {
    const shell = wanted()
    expect(shell).to.deep.include({
      family: 'ecs-ambient-ecs-shell-task',
      networkMode: 'awsvpc',
      requiresCompatibilities: ['FARGATE'],
      cpu: '256',
      memory: '512',
      taskRoleArn: ROLES.task,
      executionRoleArn: ROLES.execution,
      tags: {
        'ecs.solo.io/service-account': 'demo',
        environment: 'ecs-demo',
        'ecs-ambient/cluster': 'ambient-ecs',
      },
    })
    expect(shell.containerDefinitions?.[0]).to.deep.include({
      name: 'shell-task',
      image: 'curlimages/curl:8.11.1',
      environment: [{ name: 'ALL_PROXY', value: 'socks5h://127.0.0.1:15080' }],
      linuxParameters: { initProcessEnabled: true },
    })
    expect(wanted('echo-service').containerDefinitions?.[0]).to.deep.include({
      name: 'echo-service',
      image: 'gcr.io/istio-testing/app:1.24.1',
      portMappings: [{ containerPort: 8080, protocol: 'tcp' }],
    })
  })

  it('that are not there are named with those that are', () => {
    let error: unknown
    try {
      wanted('my-service')
    } catch (caught) {
      error = caught
    }
    if (!isFailure(error)) throw new Error('no failure')
    expect([error.code, error.exit]).to.deep.equal(['UNKNOWN_TASK_DEFINITION', 2])
    expect(error.suggestions).to.deep.equal(['Task definitions: echo-service, shell-task'])
  })

  it('can serve under another service name', () => {
    expect(wanted('my-shell', {}, 'shell-task').family).to.equal('ecs-ambient-ecs-my-shell')
  })

  it('equal what ECS answers with all its defaults', () => {
    expect(definitionDifferences(revision('shell-task'), wanted())).to.deep.equal([])
    expect(definitionDifferences(revision('echo-service'), wanted('echo-service'))).to.deep.equal([])
  })

  const drifts: readonly (readonly [string, ReturnType<typeof revision>, readonly string[]])[] = [
    ['cpu', revision('shell-task', 1, { cpu: '512' }), ['cpu is 512, want 256']],
    ['the task role', revision('shell-task', 1, { taskRoleArn: 'arn:x' }), [`task role is arn:x, want ${ROLES.task}`]],
    [
      'the image',
      revision('shell-task', 1, { container: { image: 'x' } }),
      ['shell-task image is x, want curlimages/curl:8.11.1'],
    ],
    [
      'the command',
      revision('shell-task', 1, { container: { command: ['a', 'b'] } }),
      ['shell-task command is ["a","b"], want ["while true; do sleep 3600; done"]'],
    ],
    [
      'a missing variable',
      revision('shell-task', 1, { container: { environment: [] } }),
      ['shell-task variable ALL_PROXY differs'],
    ],
    [
      'no init process',
      revision('shell-task', 1, { container: { linuxParameters: {} } }),
      ['shell-task init process is not set, want on'],
    ],
    [
      'no log driver',
      revision('shell-task', 1, { container: { logConfiguration: undefined } }),
      [
        'shell-task log driver is not set, want awslogs',
        'shell-task log option awslogs-group is not set, want /ecs/ecs-ambient-ecs',
        'shell-task log option awslogs-region is not set, want us-east-1',
        'shell-task log option awslogs-stream-prefix is not set, want demo-shell-task',
      ],
    ],
    [
      'a tag',
      revision('shell-task', 1, {}, { 'ecs-ambient/cluster': 'x' }),
      ['tag ecs-ambient/cluster is x, want ambient-ecs'],
    ],
  ]
  for (const [what, seen, differences] of drifts) {
    it(`differ by ${what}`, () => {
      expect(definitionDifferences(seen, wanted())).to.deep.equal(differences)
    })
  }

  it('never show what somebody put into a variable', () => {
    const seen = revision('shell-task', 1, { container: { environment: [{ name: 'PASSWORD', value: 'hunter2' }] } })
    expect(definitionDifferences(seen, wanted()).join()).not.to.contain('hunter2')
  })

  it('equal an enrolled revision, whatever enrolment added', () => {
    const more = {
      environment: [
        { name: 'ALL_PROXY', value: 'socks5h://127.0.0.1:15080' },
        { name: 'ADDED', value: '1' },
      ],
    }
    expect(definitionDifferences(enrolled('shell-task', 2, more), wanted())).to.deep.equal([])
  })

  it('differ from an enrolled revision by what is in our own container', () => {
    expect(definitionDifferences(enrolled('shell-task', 2, { image: 'x' }), wanted())).to.deep.equal([
      'shell-task image is x, want curlimages/curl:8.11.1',
    ])
    expect(definitionDifferences(enrolled('shell-task', 2, { environment: [] }), wanted())).to.have.length(1)
  })
})
