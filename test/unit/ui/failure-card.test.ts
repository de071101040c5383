import { expect } from 'chai'
import { withNextCommands } from '../../../src/cli/next-commands.ts'
import { Exit, Failure } from '../../../src/lib/engine/failure.ts'
import { undoOf } from '../../../src/lib/ui/explanations.ts'
import { failureCard, failureJson } from '../../../src/lib/ui/failure-card.ts'

const failure = new Failure({
  code: 'ROLLOUT_FAILED',
  message: 'Service x did not become steady.',
  why: ['CannotPullContainerError: not found\nsecond line'],
  stands: ['ecs-service x: about $0.01 an hour'],
  suggestions: ['Does the image exist?'],
  hourly: 0.01,
  goOn: 'ecs-ambient ecs deploy',
  undo: 'ecs-ambient ecs delete',
  requestId: 'abc',
})

describe('a failure', () => {
  it('has one card: what, why, what stands and costs, what to do, how to go on, how to undo, what looks into it', () => {
    expect(failureCard(failure, false)).to.deep.equal([
      'Error (ROLLOUT_FAILED): Service x did not become steady.',
      '  Why:',
      '    CannotPullContainerError: not found',
      '    second line',
      '  Request id:',
      '    abc',
      '  What stands:',
      '    ecs-service x: about $0.01 an hour',
      '    in all about $0.01 an hour while it stands',
      '  Try this:',
      '    Does the image exist?',
      '  Go on:',
      '    ecs-ambient ecs deploy',
      '  Undo:',
      '    ecs-ambient ecs delete',
      '  Look into it:',
      '    ecs-ambient doctor --only EA1453',
      '    docs/checks/EA1453.md',
    ])
  })

  it('says the same in JSON', () => {
    expect(failureJson(failure)).to.deep.equal({
      code: 'ROLLOUT_FAILED',
      message: 'Service x did not become steady.',
      why: ['CannotPullContainerError: not found\nsecond line'],
      stands: ['ecs-service x: about $0.01 an hour'],
      suggestions: ['Does the image exist?'],
      exitCode: 1,
      costPerHour: 0.01,
      goOn: 'ecs-ambient ecs deploy',
      undo: 'ecs-ambient ecs delete',
      doctor: { code: 'EA1453', page: 'docs/checks/EA1453.md' },
      requestId: 'abc',
    })
  })

  it('leaves out of card and JSON what there is not', () => {
    const bare = new Failure({ code: 'X', message: 'No.' })
    expect(failureCard(bare, false)).to.deep.equal(['Error (X): No.'])
    expect(failureJson(bare)).to.have.all.keys('code', 'message', 'why', 'stands', 'suggestions', 'exitCode')
  })
})

describe('the next commands', () => {
  const where = { region: 'eu-west-1', clusterName: 'mine' }
  const next = (argv: string[], more: { exit?: 1 | 2 | 3; undo?: string } = {}) =>
    withNextCommands(new Failure({ code: 'X', message: 'No.', ...more }), argv, where)

  it('go on with the same command, and name the cluster that is meant', () => {
    expect(next(['up', '--yes', '--until', "it's"]).goOn).to.equal(
      `ecs-ambient up --yes --until 'it'"'"'s' --region eu-west-1 --cluster-name mine`,
    )
    expect(next(['up', '--region=eu-west-1', '--cluster-name', 'mine']).goOn).to.equal(
      'ecs-ambient up --region=eu-west-1 --cluster-name mine',
    )
  })

  it('undo with the same configuration', () => {
    const { undo } = next(['up', '--yes', '--profile', 'demo', '--config=x.yaml', '--sandbox'], {
      undo: 'ecs-ambient cleanup',
    })
    expect(undo).to.equal(
      'ecs-ambient cleanup --config x.yaml --profile demo --sandbox --region eu-west-1 --cluster-name mine',
    )
  })

  it('are none after wrong use, and none to undo where nothing stands', () => {
    expect(next(['up'], { exit: Exit.usage })).to.include({ goOn: undefined, undo: undefined })
  })
})

describe('the command that undoes', () => {
  const table: [string[], string][] = [
    [['ecs'], 'ecs-ambient ecs delete'],
    [['cluster', 'iam'], 'ecs-ambient cleanup'],
    [['policy eks-deny'], 'ecs-ambient policy remove eks-deny'],
    [['waypoint'], 'ecs-ambient policy waypoint --remove'],
  ]
  for (const [steps, command] of table) it(steps.join(', '), () => expect(undoOf(steps)).to.equal(command))
})
