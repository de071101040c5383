import { expect } from 'chai'
import type { KubeObject } from '../../../../src/sandbox/kubernetes/objects.ts'
import { StatusError } from '../../../../src/sandbox/kubernetes/status-error.ts'
import {
  fieldSelector,
  labelSelector,
  mapSelector,
  objectSelector,
} from '../../../../src/sandbox/kubernetes/store/selectors.ts'

const labels = { app: 'web', tier: 'front', size: '3', empty: '' }

describe('label selectors', () => {
  const cases: [string, boolean][] = [
    ['', true],
    ['app=web', true],
    ['app==web', true],
    ['app = web', true],
    ['app=echo', false],
    ['app!=echo', true],
    ['app!=web', false],
    ['missing!=web', true],
    ['app', true],
    ['missing', false],
    ['!missing', true],
    ['!app', false],
    ['app in (echo, web)', true],
    ['app in (echo)', false],
    ['app notin (echo,other)', true],
    ['app notin (web)', false],
    ['missing notin (web)', true],
    ['empty=', true],
    ['size>2', true],
    ['size<3', false],
    ['app=web,tier=front', true],
    ['app=web,tier=back', false],
    ['app in (web,echo),tier notin (back),!missing', true],
  ]
  for (const [selector, expected] of cases)
    it(`${selector || 'nothing'}: ${expected}`, () => expect(labelSelector(selector)(labels)).to.equal(expected))

  it('takes names with a prefix', () =>
    expect(labelSelector('istio.io/dataplane-mode=ambient')({ 'istio.io/dataplane-mode': 'ambient' })).to.equal(true))
  for (const selector of ['a=b=c', 'app in web', '=x', 'app=web,', 'a b'])
    it(`refuses ${selector}`, () => expect(() => labelSelector(selector)).to.throw(StatusError, 'unable to parse'))
})

describe('selector objects', () => {
  const cases: [string, unknown, boolean][] = [
    ['labels', { matchLabels: { app: 'web' } }, true],
    ['labels that differ', { matchLabels: { app: 'web', tier: 'back' } }, false],
    ['In', { matchExpressions: [{ key: 'app', operator: 'In', values: ['web'] }] }, true],
    ['NotIn', { matchExpressions: [{ key: 'app', operator: 'NotIn', values: ['web'] }] }, false],
    ['Exists', { matchExpressions: [{ key: 'tier', operator: 'Exists' }] }, true],
    ['DoesNotExist', { matchExpressions: [{ key: 'tier', operator: 'DoesNotExist' }] }, false],
    ['an empty one takes everything', {}, true],
    ['none takes nothing', undefined, false],
  ]
  for (const [name, selector, expected] of cases)
    it(name, () => expect(objectSelector(selector)(labels)).to.equal(expected))
  it('an empty one of a Service takes nothing', () => expect(mapSelector({})(labels)).to.equal(false))
})

describe('field selectors', () => {
  const pod: KubeObject = {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name: 'web', namespace: 'shop', uid: '', resourceVersion: '', creationTimestamp: '' },
    spec: { nodeName: 'one' },
    status: { phase: 'Running' },
  }
  const cases: [string, boolean][] = [
    ['metadata.name=web', true],
    ['metadata.name=other', false],
    ['metadata.namespace=shop,status.phase=Running', true],
    ['status.phase!=Running', false],
    ['spec.nodeName==one', true],
    ['status.podIP=', true],
  ]
  for (const [selector, expected] of cases)
    it(`${selector}: ${expected}`, () => expect(fieldSelector(selector, 'Pod')(pod)).to.equal(expected))
  it('refuses a field that the kind does not offer', () =>
    expect(() => fieldSelector('spec.replicas=1', 'Pod')).to.throw('field label not supported: spec.replicas'))
})
