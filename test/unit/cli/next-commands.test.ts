import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { adviceHere, here, withNextCommands } from '../../../src/cli/next-commands.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'

const SOURCES = fileURLToPath(new URL('../../../src', import.meta.url))

describe('a command that is suggested', () => {
  const table: readonly [name: string, line: string, argv: string[], expected: string][] = [
    ['repeats the sandbox', 'ecs-ambient ecs deploy', ['status', '--sandbox'], 'ecs-ambient ecs deploy --sandbox'],
    [
      'repeats all that says where, quoted, however it was written',
      'ecs-ambient status',
      ['up', '--config=my file.yaml', '--profile', 'demo', '--region', 'eu-west-1', '--cluster-name=mine', '--yes'],
      "ecs-ambient status --config 'my file.yaml' --profile demo --region eu-west-1 --cluster-name mine",
    ],
    [
      'repeats the kubeconfig and the ECS cluster',
      'ecs-ambient ecs enroll x',
      ['--kubeconfig', 'k', '--ecs-cluster', 'e'],
      'ecs-ambient ecs enroll x --ecs-cluster e --kubeconfig k',
    ],
    ['stays where nothing was given', 'ecs-ambient status', ['up', '--yes'], 'ecs-ambient status'],
    [
      'keeps what it says itself',
      'ecs-ambient cluster create --cluster-name NAME',
      ['x', '--cluster-name', 'mine', '--sandbox'],
      'ecs-ambient cluster create --cluster-name NAME --sandbox',
    ],
    [
      'has them before the words of a command in a container',
      'ecs-ambient ecs exec -- curl --region x',
      ['ecs', 'exec', '--sandbox', '--', 'ls', '--region', 'y'],
      'ecs-ambient ecs exec --sandbox -- curl --region x',
    ],
    [
      'is found after what introduces it',
      '  fix: ecs-ambient status',
      ['--sandbox'],
      '  fix: ecs-ambient status --sandbox',
    ],
    ['is found after a question', 'Is it? ecs-ambient status', ['--sandbox'], 'Is it? ecs-ambient status --sandbox'],
    [
      'is found after a variable',
      'GATEWAY_API_URL=https://x/y.yaml ecs-ambient gateway-api install',
      ['--sandbox'],
      'GATEWAY_API_URL=https://x/y.yaml ecs-ambient gateway-api install --sandbox',
    ],
    ['stays where it only shows help', 'ecs-ambient up --help', ['--sandbox'], 'ecs-ambient up --help'],
    [
      'is not taken for a sentence',
      'It was not made by ecs-ambient and',
      ['--sandbox'],
      'It was not made by ecs-ambient and',
    ],
  ]
  for (const [name, line, argv, expected] of table) {
    it(name, () => {
      expect(here(line, argv)).to.equal(expected)
      expect(here(expected, argv), 'a second time').to.equal(expected)
    })
  }

  it('is completed wherever a document gives advice, and nothing else is', () => {
    const document = { error: { suggestions: ['ecs-ambient status'], message: 'ecs-ambient status' }, at: new Date(0) }
    const more = { checks: [{ fix: 'ecs-ambient up', why: 'x: ecs-ambient up' }], left: [{ finish: 'ecs-ambient up' }] }
    expect(adviceHere({ ...document, ...more }, ['--sandbox'])).to.deep.equal({
      error: { suggestions: ['ecs-ambient status --sandbox'], message: 'ecs-ambient status' },
      at: new Date(0),
      checks: [{ fix: 'ecs-ambient up --sandbox', why: 'x: ecs-ambient up' }],
      left: [{ finish: 'ecs-ambient up --sandbox' }],
    })
  })

  it('goes on with its flags before the words of a command in a container', () => {
    const argv = ['ecs', 'exec', '--', 'ls', '--region', 'x']
    const { goOn } = withNextCommands(new Failure({ code: 'X', message: 'No.' }), argv, {
      region: 'eu-west-1',
      clusterName: 'mine',
    })
    expect(goOn).to.equal('ecs-ambient ecs exec --region eu-west-1 --cluster-name mine -- ls --region x')
  })

  it('stands everywhere in the sources where it is found', () => {
    const topics = globSync('*', { cwd: join(SOURCES, 'commands') }).map(name => name.replace(/\.ts$/, ''))
    const literal = new RegExp(`(['\`])((?:(?!\\1).)*\\becs-ambient (?:${topics.join('|')})\\b(?:(?!\\1).)*)\\1`, 'g')
    const found = globSync('{lib,cli,commands}/**/*.ts', { cwd: SOURCES }).flatMap(file =>
      [...readFileSync(join(SOURCES, file), 'utf8').matchAll(literal)].map(([, , text = '']) => text),
    )
    // A title, a page of HTML and what a shell shows: nobody pastes these.
    const shown = /^# |^\$ |<code>|Build it with/
    const advice = found.filter(text => !shown.test(text))
    expect(advice).to.have.length.above(50)
    const missed = advice.filter(
      text => text.endsWith('.') || (!text.includes('--help') && !here(text, ['--sandbox']).includes(' --sandbox')),
    )
    expect(missed).to.deep.equal([])
  })
})
