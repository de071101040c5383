import { expect } from 'chai'
import { cli } from '../support/cli.ts'

/** A command with --sandbox where none is running: alone in one process, on what it depends on. */
describe('--sandbox in one process', function () {
  this.timeout(90_000)

  const hostile = {
    AWS_ACCESS_KEY_ID: 'AKIAREALKEY',
    AWS_SECRET_ACCESS_KEY: 'real',
    AWS_PROFILE: 'production',
    AWS_ENDPOINT_URL_IAM: 'https://iam.example.invalid',
    HTTPS_PROXY: 'http://proxy.example.invalid:3128',
    ISTIOCTL: '/nonexistent/istioctl',
  }

  it('builds, checks, looks and cleans up, whatever the environment says', async () => {
    const [up, tests, status, cleanup] = await Promise.all([
      cli(['up', '--sandbox', '--yes', '--json'], { env: hostile }),
      cli(['test', 'run', '--all', '--sandbox', '--json'], { env: hostile }),
      cli(['status', '--sandbox', '--json'], { env: hostile }),
      cli(['cleanup', '--sandbox', '--yes', '--json', '--profile', 'production'], { env: hostile }),
    ])
    for (const [name, { code, stderr }] of Object.entries({ up, tests, status, cleanup })) {
      expect(code, `${name}: ${stderr}`).to.equal(0)
    }
    expect(up.json().result.steps.every((step: { status: string }) => step.status === 'changed')).to.equal(true)
    expect(tests.json().result.summary).to.include({ failed: 0 })
    expect(status.json().result.steps.every((step: { state: string }) => step.state === 'ready')).to.equal(true)
    expect(cleanup.json().result.left).to.deep.equal([])
    expect(cleanup.json().result.steps.some((step: { status: string }) => step.status === 'changed')).to.equal(true)
  })
})
