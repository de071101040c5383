import { expect } from 'chai'
import {
  type Attributes,
  type AuthorizationPolicy,
  decide,
  inBlock,
  type PolicySpec,
  policiesOfWaypoint,
  policiesOfWorkload,
} from '../../../src/sandbox/mesh/policy.ts'

const policy = (spec: PolicySpec, name = 'p', namespace = 'ecs'): AuthorizationPolicy => ({
  metadata: { name, namespace },
  spec,
})

const attributes = (more: Partial<Attributes> = {}): Attributes => ({
  source: { address: '192.168.1.10', identity: { namespace: 'default', serviceAccount: 'shell' } },
  destination: { address: '192.168.2.20', port: 8080 },
  ...more,
})

const plain: Partial<Attributes> = { source: { address: '192.168.1.10' } }
const http = (method: string, path = '/', headers: Record<string, string> = {}): Partial<Attributes> => ({
  http: { method, path, host: 'echo-service.ecs.local', headers },
})

const allow = (...rules: PolicySpec['rules'] & {}): AuthorizationPolicy => policy({ action: 'ALLOW', rules }, 'allow')
const deny = (...rules: PolicySpec['rules'] & {}): AuthorizationPolicy => policy({ action: 'DENY', rules }, 'deny')
const from = (source: object) => ({ from: [{ source }] })
const to = (operation: object) => ({ to: [{ operation }] })
const when = (key: string, values: string[], notValues: string[] = []) => ({ when: [{ key, values, notValues }] })

interface Row {
  readonly what: string
  readonly policies: readonly AuthorizationPolicy[]
  readonly of?: Partial<Attributes>
  readonly layer?: 4 | 7
  readonly allowed: boolean
  readonly by?: string
}

const TABLE: readonly Row[] = [
  { what: 'nothing refuses without a policy', policies: [], allowed: true },
  { what: 'an empty rule matches everything', policies: [deny({})], allowed: false, by: 'ecs/deny' },
  { what: 'a DENY without rules refuses nothing', policies: [policy({ action: 'DENY' })], allowed: true },
  { what: 'an ALLOW without rules allows nothing', policies: [policy({ action: 'ALLOW' })], allowed: false },
  { what: 'an empty spec allows nothing', policies: [policy({})], allowed: false },
  { what: 'the default action is ALLOW', policies: [policy({ rules: [{}] })], allowed: true },
  { what: 'DENY goes before ALLOW', policies: [allow({}), deny({})], allowed: false, by: 'ecs/deny' },
  { what: 'one ALLOW of several is enough', policies: [allow(from({ namespaces: ['x'] })), allow({})], allowed: true },
  { what: 'no ALLOW matches', policies: [allow(from({ namespaces: ['x'] }))], allowed: false },
  {
    what: 'AUDIT and CUSTOM refuse nothing',
    policies: [policy({ action: 'AUDIT' }), policy({ action: 'CUSTOM' })],
    allowed: true,
  },
  {
    what: 'a principal',
    policies: [allow(from({ principals: ['cluster.local/ns/default/sa/shell'] }))],
    allowed: true,
  },
  {
    what: 'another principal',
    policies: [allow(from({ principals: ['cluster.local/ns/default/sa/other'] }))],
    allowed: false,
  },
  {
    what: 'a principal by prefix',
    policies: [allow(from({ principals: ['cluster.local/ns/default/*'] }))],
    allowed: true,
  },
  { what: 'a principal by suffix', policies: [allow(from({ principals: ['*/sa/shell'] }))], allowed: true },
  { what: 'any principal', policies: [allow(from({ principals: ['*'] }))], allowed: true },
  { what: 'plain text has no principal', policies: [allow(from({ principals: ['*'] }))], of: plain, allowed: false },
  {
    what: 'plain text is not any principal',
    policies: [deny(from({ notPrincipals: ['*'] }))],
    of: plain,
    allowed: false,
    by: 'ecs/deny',
  },
  {
    what: 'plain text has no namespace',
    policies: [deny(from({ namespaces: ['default'] }))],
    of: plain,
    allowed: true,
  },
  { what: 'a namespace', policies: [allow(from({ namespaces: ['default', 'ecs'] }))], allowed: true },
  { what: 'not a namespace', policies: [deny(from({ notNamespaces: ['default'] }))], allowed: true },
  {
    what: 'a source is all of its fields',
    policies: [allow(from({ namespaces: ['default'], notPrincipals: ['*/sa/shell'] }))],
    allowed: false,
  },
  {
    what: 'a service account with its namespace',
    policies: [allow(from({ serviceAccounts: ['default/shell'] }))],
    allowed: true,
  },
  {
    what: "a service account of the policy's namespace",
    policies: [allow(from({ serviceAccounts: ['shell'] }))],
    allowed: false,
  },
  { what: 'an address block', policies: [allow(from({ ipBlocks: ['192.168.0.0/16'] }))], allowed: true },
  { what: 'outside a block', policies: [deny(from({ notIpBlocks: ['10.0.0.0/8'] }))], allowed: false, by: 'ecs/deny' },
  { what: 'a port', policies: [deny(to({ ports: ['8080'] }))], allowed: false, by: 'ecs/deny' },
  { what: 'another port', policies: [deny(to({ ports: ['9090'] }))], allowed: true },
  { what: 'not a port', policies: [deny(to({ notPorts: ['8080'] }))], allowed: true },
  {
    what: 'from and to both',
    policies: [deny({ ...from({ namespaces: ['default'] }), ...to({ ports: ['9090'] }) })],
    allowed: true,
  },
  {
    what: 'one of several froms',
    policies: [allow({ from: [{ source: { namespaces: ['x'] } }, { source: { namespaces: ['default'] } }] })],
    allowed: true,
  },
  { what: 'a condition', policies: [allow(when('source.namespace', ['default']))], allowed: true },
  { what: 'a condition on an address', policies: [allow(when('source.ip', ['10.0.0.0/8']))], allowed: false },
  { what: 'a condition by what it is not', policies: [allow(when('destination.port', [], ['8080']))], allowed: false },
  {
    what: 'all conditions',
    policies: [
      allow({
        when: [
          { key: 'source.namespace', values: ['default'] },
          { key: 'destination.port', values: ['1'] },
        ],
      }),
    ],
    allowed: false,
  },

  // A ztunnel reads no request.
  { what: 'ALLOW by method at layer 4 allows nothing', policies: [allow(to({ methods: ['POST'] }))], allowed: false },
  {
    what: 'DENY by method at layer 4 denies everything',
    policies: [deny(to({ methods: ['POST'] }))],
    allowed: false,
    by: 'ecs/deny',
  },
  {
    what: 'DENY at layer 4 keeps what it can read',
    policies: [deny(to({ methods: ['POST'], ports: ['9090'] }))],
    allowed: true,
  },
  {
    what: 'DENY by header at layer 4 denies',
    policies: [deny(when('request.headers[x]', ['1']))],
    allowed: false,
    by: 'ecs/deny',
  },
  {
    what: 'another rule of an ALLOW may still match',
    policies: [allow(to({ methods: ['POST'] }), from({ namespaces: ['default'] }))],
    allowed: true,
  },

  // A waypoint does.
  { what: 'the method', policies: [allow(to({ methods: ['POST'] }))], of: http('POST'), layer: 7, allowed: true },
  { what: 'another method', policies: [allow(to({ methods: ['POST'] }))], of: http('GET'), layer: 7, allowed: false },
  {
    what: 'not a method',
    policies: [deny(to({ notMethods: ['GET'] }))],
    of: http('POST'),
    layer: 7,
    allowed: false,
    by: 'ecs/deny',
  },
  { what: 'a path', policies: [allow(to({ paths: ['/a'] }))], of: http('GET', '/a?b=c'), layer: 7, allowed: true },
  {
    what: 'a path by prefix',
    policies: [allow(to({ paths: ['/api/*'] }))],
    of: http('GET', '/api/x/y'),
    layer: 7,
    allowed: true,
  },
  {
    what: 'a path template of one segment',
    policies: [allow(to({ paths: ['/a/{*}/c'] }))],
    of: http('GET', '/a/b/c'),
    layer: 7,
    allowed: true,
  },
  {
    what: 'one segment is not two',
    policies: [allow(to({ paths: ['/a/{*}/c'] }))],
    of: http('GET', '/a/b/b/c'),
    layer: 7,
    allowed: false,
  },
  {
    what: 'a path template of many',
    policies: [allow(to({ paths: ['/a/{**}'] }))],
    of: http('GET', '/a/b/b/c'),
    layer: 7,
    allowed: true,
  },
  {
    what: 'a host, whatever its case',
    policies: [allow(to({ hosts: ['ECHO-service.*'] }))],
    of: http('GET'),
    layer: 7,
    allowed: true,
  },
  {
    what: 'a header',
    policies: [allow(when('request.headers[X-Team]', ['a*']))],
    of: http('GET', '/', { 'x-team': 'alpha' }),
    layer: 7,
    allowed: true,
  },
  {
    what: 'a header that is not there',
    policies: [allow(when('request.headers[X-Team]', ['a*']))],
    of: http('GET'),
    layer: 7,
    allowed: false,
  },
  {
    what: 'nobody has a request principal',
    policies: [deny(from({ notRequestPrincipals: ['*'] }))],
    of: http('GET'),
    layer: 7,
    allowed: false,
    by: 'ecs/deny',
  },
  {
    what: 'the remote address',
    policies: [allow(from({ remoteIpBlocks: ['8.8.8.0/24'] }))],
    of: http('GET', '/', { 'x-forwarded-for': '8.8.8.8, 1.1.1.1' }),
    layer: 7,
    allowed: true,
  },
]

describe('AuthorizationPolicy', () => {
  for (const { what, policies, of, layer = 4, allowed, by } of TABLE) {
    it(what, () => {
      const decision = decide(policies, attributes(of), layer)
      expect(decision).to.deep.equal(allowed ? { allowed } : by === undefined ? { allowed } : { allowed, policy: by })
    })
  }

  it('applies to a workload by namespace, root namespace and labels', () => {
    const policies = [
      policy({}, 'own'),
      policy({}, 'root', 'istio-system'),
      policy({}, 'foreign', 'other'),
      policy({ selector: { matchLabels: { app: 'echo' } } }, 'selected'),
      policy({ selector: { matchLabels: { app: 'x' } } }, 'unselected'),
      policy({ targetRefs: [{ kind: 'Gateway', name: 'waypoint' }] }, 'waypoint'),
    ]
    const workload = { namespace: 'ecs', labels: { app: 'echo', version: '1' } }
    expect(policiesOfWorkload(policies, workload).map(({ metadata }) => metadata.name)).to.deep.equal([
      'own',
      'root',
      'selected',
    ])
  })

  it('applies to a waypoint by its targets alone', () => {
    const targeting = (kind: string, name: string, namespace = 'ecs') =>
      policy({ targetRefs: [{ kind, name }] }, `${kind} ${name} ${namespace}`, namespace)
    const policies = [
      policy({}, 'untargeted'),
      targeting('Gateway', 'waypoint'),
      targeting('Gateway', 'waypoint', 'other'),
      targeting('Gateway', 'another'),
      targeting('ServiceEntry', 'echo-service'),
      targeting('Service', 'echo-service'),
      targeting('GatewayClass', 'istio-waypoint', 'istio-system'),
      targeting('GatewayClass', 'istio-waypoint'),
      policy({ targetRef: { kind: 'Gateway', name: 'waypoint' } }, 'singular'),
    ]
    const waypoint = { namespace: 'ecs', name: 'waypoint' }
    const service = { kind: 'ServiceEntry', namespace: 'ecs', name: 'echo-service' } as const
    expect(policiesOfWaypoint(policies, waypoint, service).map(({ metadata }) => metadata.name)).to.deep.equal([
      'Gateway waypoint ecs',
      'ServiceEntry echo-service ecs',
      'GatewayClass istio-waypoint istio-system',
      'singular',
    ])
  })

  it('knows addresses and blocks', () => {
    expect(inBlock('10.1.2.3', '10.1.2.3')).to.equal(true)
    expect(inBlock('10.1.2.3', '0.0.0.0/0')).to.equal(true)
    expect(inBlock('192.168.255.255', '192.168.0.0/16')).to.equal(true)
    expect(inBlock('192.169.0.0', '192.168.0.0/16')).to.equal(false)
    expect(inBlock('nonsense', '0.0.0.0/0')).to.equal(false)
    expect(inBlock('10.0.0.1', '::/0')).to.equal(false)
  })
})
