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
      message: '--failed=true cannot also be provided when using --all',
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

  it('says that anything else is a bug', () => {
    expect(failureOf(new TypeError('x is not a function'))).to.include({ code: 'UNEXPECTED', exit: 1 })
  })
})
