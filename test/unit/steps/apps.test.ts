import { expect } from 'chai'
import { stateOf } from '../../../src/lib/engine/plan.ts'
import type { KubernetesObject } from '../../../src/lib/kubernetes/objects.ts'
import { type AppsSeen, appObjects, appsStep } from '../../../src/lib/steps/apps.ts'
import { settings } from '../../support/settings.ts'

const LABEL = 'istio.io/dataplane-mode'
const desired = settings()
const live = (objects: readonly KubernetesObject[]) => objects.map(object => ({ desired: object, live: object }))
const namespace = (value?: string, manager?: string): KubernetesObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: {
    name: 'default',
    labels: value === undefined ? {} : { [LABEL]: value },
    ...(manager === undefined
      ? {}
      : {
          managedFields: [
            { manager, operation: 'Apply', fieldsV1: { 'f:metadata': { 'f:labels': { [`f:${LABEL}`]: {} } } } },
          ],
        }),
  },
})
const seen = (holder: KubernetesObject, pairs: AppsSeen['pairs'] = live(appObjects(desired))): AppsSeen => ({
  cluster: true,
  istio: true,
  pairs,
  namespace: holder,
})
const labelActions = (holder: KubernetesObject, adopt = false) =>
  appsStep.decide(seen(holder), settings({ adopt })).changes.map(({ action }) => action)

describe('the step apps', () => {
  it('makes both pods, the service and the label', () => {
    const plan = appsStep.decide(
      seen(
        namespace(),
        appObjects(desired).map(object => ({ desired: object })),
      ),
      desired,
    )
    expect(plan.changes.map(({ kind, name }) => `${kind} ${name}`)).to.deep.equal([
      'namespace-label default: istio.io/dataplane-mode=ambient',
      'Service default/eks-echo',
      'Deployment default/eks-echo',
      'Deployment default/eks-shell',
    ])
    expect(stateOf(plan)).to.equal('absent')
  })

  it('runs the configured images', () => {
    const images = appObjects(settings({ images: { shell: 'a:1', echo: 'b:2' } })).flatMap(({ spec }) => {
      const { template } = spec as { template?: { spec: { containers: { image: string }[] } } }
      return template?.spec.containers.map(({ image }) => image) ?? []
    })
    expect(images).to.deep.equal(['b:2', 'a:1'])
  })

  it('sets the label once', () => {
    expect(labelActions(namespace())).to.deep.equal(['create'])
    expect(labelActions(namespace('ambient'))).to.deep.equal([])
    expect(labelActions(namespace('ambient', 'ecs-ambient'))).to.deep.equal([])
  })

  it("does not turn somebody else's label round", () => {
    expect(() => labelActions(namespace('none', 'helm')))
      .to.throw('Label')
      .with.include({ code: 'NOT_OURS' })
    expect(labelActions(namespace('none', 'helm'), true)).to.deep.equal(['adopt'])
  })

  it('takes back the label that it set, and no other', () => {
    const removal = (holder: KubernetesObject) =>
      appsStep.decideRemoval(seen(holder, []), desired).changes.map(({ action, kind }) => `${action} ${kind}`)
    expect(removal(namespace('ambient', 'ecs-ambient'))).to.deep.equal(['delete namespace-label'])
    expect(removal(namespace('ambient'))).to.deep.equal([])
    expect(removal(namespace('ambient', 'kubectl'))).to.deep.equal([])
  })

  it('waits for Istio', () => {
    const plan = appsStep.decide({ cluster: true, istio: false, pairs: [] }, desired)
    expect(plan.pending).to.deep.equal(['Istio is not installed'])
  })
})
