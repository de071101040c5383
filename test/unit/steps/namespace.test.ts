import { expect } from 'chai'
import { meshProfile } from '../../../src/lib/config/mesh-profile.ts'
import { namespaceObjects, namespaceStep, roleAnnotation } from '../../../src/lib/steps/namespace.ts'
import { settings } from '../../support/settings.ts'

const ROLE = 'arn:aws:iam::111122223333:role/ecs/ambient/eks-ecs-task-role'
const desired = settings()
const objects = namespaceObjects(desired, meshProfile('1.24.1'), ROLE)

describe('the step namespace', () => {
  it('writes the role as the version of Istio compares it', () => {
    const short = 'arn:aws:iam::111122223333:role/eks-ecs-task-role'
    expect(roleAnnotation(meshProfile('1.24.1'), ROLE)).to.equal(short)
    expect(roleAnnotation(meshProfile('1.26.3'), ROLE)).to.equal(short)
    expect(roleAnnotation(meshProfile('1.28.0'), ROLE)).to.equal(ROLE)
    const china = 'arn:aws-cn:iam::111122223333:role/a/b/c/d'
    expect(roleAnnotation(meshProfile('1.24.1'), china)).to.equal('arn:aws-cn:iam::111122223333:role/d')
  })

  it('makes an ambient namespace and the annotated service account', () => {
    expect(objects.map(({ kind, metadata }) => [kind, metadata.name, metadata.namespace])).to.deep.equal([
      ['Namespace', 'ecs', undefined],
      ['ServiceAccount', 'demo', 'ecs'],
    ])
    expect(objects[0]?.metadata.labels).to.include({ 'istio.io/dataplane-mode': 'ambient' })
    expect(objects[1]?.metadata.annotations).to.deep.equal({
      'ecs.solo.io/role-arn': 'arn:aws:iam::111122223333:role/eks-ecs-task-role',
    })
  })

  it('makes a shared namespace once', () => {
    const [cluster] = desired.ecsClusters
    if (!cluster) throw new Error('no cluster')
    const two = { ecsClusters: [cluster, { ...cluster, name: 'other', serviceAccount: 'second' }] }
    const made = namespaceObjects(two, meshProfile('1.24.1'), ROLE)
    expect(made.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).to.deep.equal([
      'Namespace ecs',
      'ServiceAccount demo',
      'ServiceAccount second',
    ])
  })

  it('waits for the cluster and the role', () => {
    expect(namespaceStep.decide({ cluster: false, pairs: [], foreign: {} }, desired).pending).to.have.length(2)
    const pairs = objects.map(object => ({ desired: object }))
    const plan = namespaceStep.decide({ cluster: true, pairs, foreign: {} }, desired)
    expect(plan).to.deep.include({ changes: [], pending: ['IAM role eks-ecs-task-role does not exist'] })
    const seen = { cluster: true, taskRoleArn: ROLE, pairs, foreign: {} }
    expect(namespaceStep.decide(seen, desired).changes).to.have.length(2)
  })

  it('stays while others keep something in it', () => {
    const pairs = objects.map(object => ({ desired: object, live: object }))
    const removal = (foreign: Record<string, string[]>) =>
      namespaceStep.decideRemoval({ cluster: true, taskRoleArn: ROLE, pairs, foreign }, desired)
    expect(removal({ ecs: [] }).changes.map(({ kind }) => kind)).to.deep.equal(['Namespace', 'ServiceAccount'])
    const kept = removal({ ecs: ['Deployment ecs/theirs'] })
    expect(kept.changes.map(({ kind }) => kind)).to.deep.equal(['ServiceAccount'])
    expect(kept.warnings?.join()).to.contain('Deployment ecs/theirs is not ours')
  })
})
