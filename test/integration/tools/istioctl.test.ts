import { expect } from 'chai'
import { execa } from 'execa'
import { stringify } from 'yaml'
import { describe as nameOf } from '../../../src/lib/kubernetes/objects.ts'
import { ISTIO_VERSIONS, objectsFor } from '../support/manifests.ts'
import { parts } from '../support/parts.ts'

describe('upstream istioctl', () => {
  let istioctl: string

  before(async function () {
    istioctl = await parts.istioctl.need(this)
  })

  const run = (args: readonly string[], input: string) => execa(istioctl, args, { input, reject: false })

  for (const istioVersion of ISTIO_VERSIONS) {
    it(`finds every manifest for Istio ${istioVersion} valid`, async () => {
      for (const object of objectsFor(istioVersion)) {
        const { exitCode, stdout, stderr } = await run(['validate', '-f', '-'], stringify(object))
        expect(exitCode, `${nameOf(object)}: ${stdout}${stderr}`).to.equal(0)
      }
    })
  }

  it('would find a wrong one invalid', async () => {
    const wrong = {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'a' },
      spec: { action: 'REFUSE' },
    }
    expect((await run(['validate', '-f', '-'], stringify(wrong))).exitCode).not.to.equal(0)
  })
})
