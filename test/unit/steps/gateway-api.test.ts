import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { Failure } from '../../../src/lib/engine/failure.ts'
import type { KubernetesObject } from '../../../src/lib/kubernetes/objects.ts'
import { gatewayApiStep, planBundle } from '../../../src/lib/steps/gateway-api.ts'
import { bundleFrom, parseBundle } from '../../../src/lib/steps/gateway-api-bundle.ts'
import { settings } from '../../support/settings.ts'

const text = `
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  creationTimestamp: null
  name: gateways.gateway.networking.k8s.io
  annotations: { gateway.networking.k8s.io/bundle-version: v1.2.1 }
spec:
  group: gateway.networking.k8s.io
  names: { kind: Gateway }
  versions:
    - { name: v1, served: true, storage: true }
    - { name: v1beta1, served: false, storage: false }
status: { storedVersions: null }
`
const [crd] = parseBundle(text, 'bundle.yaml') as [KubernetesObject]
const serving = (...names: string[]): KubernetesObject => ({
  ...crd,
  metadata: { name: crd.metadata.name },
  spec: { ...(crd.spec as object), versions: names.map(name => ({ name, served: true, storage: name === 'v1' })) },
})

describe('the step gateway-api', () => {
  it('takes the CRDs of a release without what the server fills in, and marks them', () => {
    expect(crd).to.not.have.property('status')
    expect(crd.metadata).to.not.have.property('creationTimestamp')
    expect(crd.metadata.labels).to.deep.equal({ 'app.kubernetes.io/managed-by': 'ecs-ambient' })
  })

  it('reads a file by its path or its URL', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-'))
    const path = join(directory, 'a bundle.yaml')
    const neverAgain = () => Promise.reject(new Error('a file needs no second try'))
    try {
      await writeFile(path, text)
      for (const source of [path, pathToFileURL(path).href]) {
        expect(await bundleFrom(source, neverAgain)).to.deep.equal([crd])
      }
    } finally {
      await rm(directory, { recursive: true })
    }
  })

  it('refuses a file that is something else', () => {
    expect(() => parseBundle('apiVersion: v1\nkind: Pod\nmetadata: { name: x }', 'x.yaml'))
      .to.throw('x.yaml holds no CRD')
      .with.include({ code: 'GATEWAY_API_INVALID', exit: 2 })
    expect(() => parseBundle('<html>', 'x.yaml'))
      .to.throw()
      .with.include({ code: 'MANIFEST_INVALID', exit: 2 })
  })

  it("uses another release that serves the same versions, and refuses one that doesn't", () => {
    const plan = (live: KubernetesObject, adopt = false) => planBundle([{ desired: crd, live }], { adopt })
    expect(plan(crd)).to.deep.include({ changes: [], warnings: [] })
    expect(plan(serving('v1', 'v1beta1')).changes).to.deep.equal([])
    expect(plan(serving('v1', 'v1beta1')).warnings).to.have.length(1)
    expect(() => plan(serving('v1beta1')))
      .to.throw('gateways.gateway.networking.k8s.io')
      .with.deep.include({ code: 'NOT_OURS', why: ['it does not serve v1'] })
    expect(plan(serving('v1beta1'), true).changes.map(({ action }) => action)).to.deep.equal(['adopt'])
  })

  it('fails with what is wrong with the release, but can be removed without it', () => {
    const bundle = new Failure({ code: 'GATEWAY_API_UNAVAILABLE', message: 'offline' })
    const seen = { cluster: true, bundle, ours: [crd], foreign: [] }
    expect(() => gatewayApiStep.decide(seen, settings())).to.throw('offline')
    expect(gatewayApiStep.decideRemoval(seen, settings()).changes.map(({ action }) => action)).to.deep.equal(['delete'])
  })

  it('stays while somebody else has objects of it', () => {
    const plan = gatewayApiStep.decideRemoval(
      { cluster: true, bundle: [], ours: [crd], foreign: ['Gateway shop/front'] },
      settings(),
    )
    expect(plan.changes).to.deep.equal([])
    expect(plan.warnings?.join()).to.contain('Gateway shop/front is not ours')
    expect(plan.present.every(({ ours }) => !ours)).to.equal(true)
  })
})
