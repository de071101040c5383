import { Errors } from '@oclif/core'
import { expect } from 'chai'
import { failureOf } from '../../../src/cli/outcome.ts'

describe('whatever was thrown, as a failure', () => {
  it("takes oclif's complaint for wrong use, without the phrases around it", () => {
    const complaint = [
      'The following error occurred:',
      '  --failed=true cannot also be provided when using --all',
      'See more help with --help',
    ]
    expect(failureOf(new Errors.CLIError(complaint.join('\n')))).to.deep.include({
      code: 'USAGE',
      exit: 2,
      message: '--failed cannot also be provided when using --all',
      why: [],
    })
  })

  it('names the flag whose value it could not read', () => {
    const complaint = 'Parsing --speed \n\tExpected an integer but received: fast\nSee more help with --help'
    expect(failureOf(new Errors.CLIError(complaint))).to.deep.include({
      message: '--speed: Expected an integer but received: fast',
      why: [],
    })
  })

  const use = { command: 'policy apply', flags: ['dry-run', 'adopt', 'region'] }
  const table: readonly [complaint: string, message: string, why: string[], suggestions: string[]][] = [
    [
      'Missing 1 required arg:\npolicy  name of a built-in policy, or a file\nSee more help with --help',
      'Missing 1 required arg: policy, name of a built-in policy, or a file',
      [],
      ['How it is used: ecs-ambient policy apply --help'],
    ],
    [
      'Nonexistent flag: --adpot\nSee more help with --help',
      'Nonexistent flag: --adpot',
      [],
      ['Was --adopt meant?', 'How it is used: ecs-ambient policy apply --help'],
    ],
    [
      'Nonexistent flag: --elsewhere\nSee more help with --help',
      'Nonexistent flag: --elsewhere',
      [],
      ['How it is used: ecs-ambient policy apply --help'],
    ],
  ]
  for (const [complaint, message, why, suggestions] of table) {
    it(`says what was meant: ${message}`, () => {
      expect(failureOf(new Errors.CLIError(complaint), use)).to.deep.include({ message, why, suggestions })
    })
  }

  it('says that anything else is a bug', () => {
    expect(failureOf(new TypeError('x is not a function'))).to.include({ code: 'UNEXPECTED', exit: 1 })
  })
})
