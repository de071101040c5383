import { expect } from 'chai'
import { blame, type PolicyObject } from '../../../src/lib/checks/blame.ts'

const policy = (name: string, namespace: string, spec: NonNullable<PolicyObject['spec']> = {}): PolicyObject => ({
  metadata: { name, namespace },
  spec,
})

const POST_ONLY = policy('post-only', 'ecs', {
  action: 'ALLOW',
  targetRefs: [{ kind: 'Gateway', name: 'waypoint' }],
  rules: [
    {
      from: [{ source: { namespaces: ['default', 'ecs'] } }],
      to: [{ operation: { methods: ['POST'] } }, { operation: { paths: ['/a'], methods: ['GET'] } }],
    },
    { when: [{ key: 'request.headers[x]' }] },
  ],
})
const ALL = [
  POST_ONLY,
  policy('deny', 'ecs', { action: 'DENY', rules: [{}] }),
  policy('elsewhere', 'shop', { action: 'DENY', rules: [{}] }),
  policy('everywhere', 'istio-system'),
  policy('old-form', 'ecs', { targetRef: { kind: 'Service', name: 'x' }, action: 'DENY', rules: [{}] }),
]

describe('who is to blame for a denial', () => {
  it('is whom the log names, with its rules', () => {
    expect(blame({ layer: 4, namespace: 'ecs', policy: 'ecs/deny' }, ALL)).to.deep.equal([
      'ecs/deny (DENY; rule 1: every request)',
    ])
  })

  it('is at layer 7 whatever is aimed at a waypoint or service of the namespace', () => {
    expect(blame({ layer: 7, namespace: 'ecs' }, ALL)).to.deep.equal([
      'ecs/post-only (ALLOW; rule 1: from namespaces default, ecs, to methods POST or paths /a and methods GET; ' +
        'rule 2: when request.headers[x])',
      'ecs/old-form (DENY; rule 1: every request)',
    ])
  })

  it('is at layer 4 whatever is enforced by ztunnels there, or in the whole mesh', () => {
    expect(blame({ layer: 4, namespace: 'ecs' }, ALL)).to.deep.equal([
      'ecs/deny (DENY; rule 1: every request)',
      'istio-system/everywhere (ALLOW; no rules)',
    ])
  })

  it('is nobody where the policy that the log names is gone', () => {
    expect(blame({ layer: 4, namespace: 'ecs', policy: 'ecs/gone' }, ALL)).to.deep.equal([])
  })
})
