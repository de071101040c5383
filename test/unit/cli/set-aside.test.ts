import { expect } from 'chai'
import { setAside } from '../../../src/cli/set-aside.ts'

const KEYS = { AWS_ACCESS_KEY_ID: 'AKIA', AWS_SECRET_ACCESS_KEY: 's', AWS_SESSION_TOKEN: 't' }

describe('a profile beside keys in the environment', () => {
  it('goes before them, and the keys are taken away', () => {
    const environment: NodeJS.ProcessEnv = { ...KEYS, AWS_REGION: 'x' }
    expect(setAside('demo', environment)).to.match(/^The profile demo is used, and not the AWS_ACCESS_KEY_ID/)
    expect(environment).to.deep.equal({ AWS_REGION: 'x' })
  })

  it('is nothing to tell of where there is only one of the two', () => {
    const environment = { ...KEYS }
    expect(setAside(undefined, environment)).to.equal(undefined)
    expect(environment).to.deep.equal(KEYS)
    expect(setAside('demo', { AWS_ACCESS_KEY_ID: '' })).to.equal(undefined)
  })
})
