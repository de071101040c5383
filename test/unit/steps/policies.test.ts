import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Gateway } from '../../../src/lib/kubernetes/objects.ts'
import { policiesStep, policyStep } from '../../../src/lib/steps/policies.ts'
import { policyOf } from '../../../src/lib/steps/policy-source.ts'
import { type Waypoint, waypointStep } from '../../../src/lib/steps/waypoint.ts'
import { settings } from '../../support/settings.ts'

const desired = settings()
const OURS = { 'app.kubernetes.io/managed-by': 'ecs-ambient' }

const gateway = (labels: Record<string, string> = {}): Gateway => ({
  apiVersion: 'gateway.networking.k8s.io/v1',
  kind: 'Gateway',
  metadata: { name: 'waypoint', namespace: 'ecs', labels },
})
const waypoint = (used: boolean, of?: Gateway): Waypoint => ({ namespace: 'ecs', used, ...(of ? { gateway: of } : {}) })

describe('the built-in policies', () => {
  const spec = (name: string) =>
    policyOf(name, desired).objects.map(({ metadata, spec }) => [metadata.namespace, metadata.name, spec])

  it('eks-deny closes the echo pods', () => {
    expect(spec('eks-deny')).to.deep.equal([
      ['default', 'eks-echo-deny', { action: 'DENY', selector: { matchLabels: { app: 'eks-echo' } }, rules: [{}] }],
    ])
  })

  it('ecs-deny closes the whole namespace', () => {
    expect(spec('ecs-deny')).to.deep.equal([['ecs', 'ecs-deny-all', { action: 'DENY', rules: [{}] }]])
  })

  it('post-only lets POST from the mesh through the waypoint, which it needs', () => {
    expect(spec('post-only')).to.deep.equal([
      [
        'ecs',
        'post-only',
        {
          targetRefs: [{ group: 'gateway.networking.k8s.io', kind: 'Gateway', name: 'waypoint' }],
          action: 'ALLOW',
          rules: [
            {
              from: [{ source: { namespaces: ['default', 'ecs'] } }],
              to: [{ operation: { methods: ['POST'] } }],
            },
          ],
        },
      ],
    ])
    expect(policyOf('post-only', desired).waypoints).to.deep.equal(['ecs'])
  })

  it('reach every ECS namespace, each once', () => {
    const [cluster] = desired.ecsClusters
    if (!cluster) throw new Error('no cluster')
    const ecsClusters = [cluster, { ...cluster, name: 'b' }, { ...cluster, name: 'c', namespace: 'far' }]
    expect(policyOf('ecs-deny', { ecsClusters }).objects.map(({ metadata }) => metadata.namespace)).to.deep.equal([
      'ecs',
      'far',
    ])
  })
})

describe('policies from files', () => {
  let directory: string
  const write = async (text: string) => {
    const path = join(directory, 'policy.yaml')
    await writeFile(path, text)
    return path
  }
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('get our mark, and a namespace where they name none', async () => {
    const path = await write(
      'apiVersion: security.istio.io/v1beta1\nkind: AuthorizationPolicy\nmetadata: { name: mine }\nspec: {}',
    )
    const [object] = policyOf(path, desired).objects
    expect(object?.metadata).to.deep.equal({ namespace: 'default', name: 'mine', labels: OURS })
  })

  for (const [what, text, code] of [
    ['hold something else', 'apiVersion: v1\nkind: Pod\nmetadata: { name: x }', 'POLICY_INVALID'],
    ['hold nothing', '---\n', 'POLICY_INVALID'],
    ['are no manifest', 'x: 1', 'MANIFEST_INVALID'],
  ] as const) {
    it(`are refused where they ${what}`, async () => {
      const path = await write(text)
      expect(() => policyOf(path, desired))
        .to.throw(path)
        .with.include({ code, exit: 2 })
    })
  }

  it('are refused where there is none, with what was meant', () => {
    expect(() => policyOf('post-onyl', desired))
      .to.throw('post-onyl')
      .with.deep.include({
        code: 'POLICY_UNKNOWN',
        exit: 2,
        suggestions: ['Did you mean post-only?', 'Policies: eks-deny, ecs-deny, post-only'],
      })
    expect(() => policyOf('toString', desired))
      .to.throw()
      .with.include({ code: 'POLICY_UNKNOWN' })
  })
})

describe('the step of one policy', () => {
  const step = policyStep('post-only', desired)
  const pairs = policyOf('post-only', desired).objects.map(object => ({ desired: object }))
  const live = pairs.map(({ desired }) => ({ desired, live: desired }))

  it('makes the waypoint first', () => {
    const plan = step.decide({ cluster: true, istio: true, pairs, waypoints: [waypoint(false)] }, desired)
    expect(plan.changes.map(({ kind, name, stage }) => [stage, kind, name])).to.deep.equal([
      [0, 'waypoint', 'ecs/waypoint'],
      [1, 'AuthorizationPolicy', 'ecs/post-only'],
    ])
  })

  it('leaves alone what stands', () => {
    const seen = { cluster: true, istio: true, pairs: live, waypoints: [waypoint(true, gateway(OURS))] }
    expect(step.decide(seen, desired).changes).to.deep.equal([])
  })

  it('enrols the namespace where only that is missing', () => {
    const seen = { cluster: true, istio: true, pairs: live, waypoints: [waypoint(false, gateway())] }
    expect(step.decide(seen, desired).changes.map(({ reason }) => reason)).to.deep.equal([
      'the namespace does not use it',
    ])
  })

  it('is removed without the waypoint', () => {
    const seen = { cluster: true, istio: true, pairs: live, waypoints: [waypoint(true, gateway(OURS))] }
    expect(step.decideRemoval(seen, desired).changes.map(({ kind }) => kind)).to.deep.equal(['AuthorizationPolicy'])
  })

  it('waits for Istio', () => {
    expect(step.decide({ cluster: true, istio: false, pairs, waypoints: [] }, desired).pending).to.have.length(1)
  })
})

describe('the waypoint', () => {
  const removal = (of: Waypoint) =>
    waypointStep.decideRemoval({ cluster: true, istio: true, waypoints: [of] }, desired).changes.map(({ name }) => name)

  it('is removed only where it is ours', () => {
    expect(removal(waypoint(true, gateway(OURS)))).to.deep.equal(['ecs/waypoint'])
    expect(removal(waypoint(true, gateway()))).to.deep.equal([])
    expect(removal(waypoint(false))).to.deep.equal([])
  })

  it('goes after the policies that aim at it', () => {
    const [object] = policyOf('ecs-deny', desired).objects
    if (!object) throw new Error('no policy')
    const plan = policiesStep.decideRemoval(
      {
        cluster: true,
        istio: true,
        pairs: [{ desired: object, live: object }],
        waypoints: [waypoint(true, gateway(OURS))],
      },
      desired,
    )
    expect(plan.changes.map(({ kind, stage }) => [stage, kind])).to.deep.equal([
      [0, 'AuthorizationPolicy'],
      [1, 'waypoint'],
    ])
  })
})
