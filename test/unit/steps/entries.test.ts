import { expect } from 'chai'
import type { Metadata } from '../../../src/lib/kubernetes/objects.ts'
import { isByIstioctl, isDiscovered, isFor } from '../../../src/lib/steps/entries.ts'

const entry = (more: Partial<Metadata> = {}, kind = 'ServiceEntry') => ({
  apiVersion: 'networking.istio.io/v1',
  kind,
  metadata: { name: 'echo', namespace: 'ecs', ...more },
})
const by = (...managers: string[]) => ({ managedFields: managers.map(manager => ({ manager })) })

describe('an entry for what runs on ECS', () => {
  const discovered: readonly [string, Partial<Metadata>, boolean, boolean][] = [
    ["istiod's, by the name of its process", by('pilot-discovery'), true, false],
    ["istiod's", by('istiod', 'istiod'), true, false],
    ["istioctl's", by('istioctl-ecs'), true, true],
    ["istioctl's, with a status of istiod's", by('istioctl', 'pilot-discovery'), true, true],
    ["somebody's", by('kubectl-client-side-apply'), false, false],
    ["somebody's, with a status of istiod's", by('kubectl', 'pilot-discovery'), false, false],
    ["somebody's whose name begins alike", by('istiod-of-ours'), false, false],
    ["nobody's", {}, false, false],
    ['marked by a label', { labels: { 'ecs.solo.io/any': 'x' } }, true, false],
    ['marked by an annotation', { annotations: { 'ecs.solo.io/any': 'x' }, ...by('kubectl') }, true, false],
    ['marked otherwise', { labels: { 'other/ecs.solo.io': 'x' } }, false, false],
  ]
  for (const [what, more, found, fromIstioctl] of discovered) {
    it(`${what}: ${found ? '' : 'not '}discovered`, () => {
      expect([isDiscovered(entry(more)), isByIstioctl(entry(more))]).to.deep.equal([found, fromIstioctl])
    })
  }

  it('is no object of another kind', () => {
    expect(isDiscovered(entry(by('istiod'), 'WorkloadEntry'))).to.equal(true)
    expect(isDiscovered(entry(by('istiod'), 'AuthorizationPolicy'))).to.equal(false)
  })

  it('is for the service that its name or a label names', () => {
    expect(isFor(entry(), 'echo')).to.equal(true)
    expect(isFor(entry({ name: 'x', labels: { app: 'echo' } }), 'echo')).to.equal(true)
    expect(isFor(entry({ name: 'x', labels: { 'ecs.solo.io/any': 'echo' } }), 'echo')).to.equal(true)
    expect(isFor(entry({ name: 'x', labels: { tier: 'echo' } }), 'echo')).to.equal(false)
  })
})
