import { expect } from 'chai'
import { causeOf, denialOf, type Route, witnessOf } from '../../../src/lib/checks/evidence.ts'
import { type Connection, connectionOf, ipOf, portOf, refusalOf } from '../../../src/lib/checks/ztunnel-log.ts'

const ID = { eks: 'spiffe://cluster.local/ns/default/sa/default', ecs: 'spiffe://cluster.local/ns/ecs/sa/default' }
const WAYPOINT = 'spiffe://cluster.local/ns/ecs/sa/waypoint'

const line = (fields: Record<string, string>, level = 'info'): string =>
  [
    '2025-03-14T08:38:10.194689Z',
    level,
    'access',
    'connection complete',
    Object.entries(fields)
      .map(([key, value]) => `${key}=${/addr$/.test(key) ? value : JSON.stringify(value)}`)
      .join(' '),
  ].join('\t')

/** From the shell task on ECS to the echo pods on EKS. */
const HBONE = {
  'src.addr': '10.0.1.5:41616',
  'src.workload': 'shell-task',
  'src.namespace': 'ecs',
  'src.identity': ID.ecs,
  'dst.addr': '10.0.2.7:15008',
  'dst.hbone_addr': '10.0.2.7:8080',
  'dst.service': 'eks-echo.default.svc.cluster.local',
  'dst.workload': 'eks-echo-5484d5bd99-hlk6w',
  'dst.namespace': 'default',
  'dst.identity': ID.eks,
  direction: 'inbound',
}
const without = (fields: Record<string, string>, ...keys: string[]) =>
  Object.fromEntries(Object.entries(fields).filter(([key]) => !keys.includes(key)))
const PLAIN = {
  ...without(HBONE, 'src.identity', 'dst.identity', 'dst.hbone_addr', 'src.workload', 'src.namespace'),
  'dst.addr': '10.0.2.7:8080',
}
const DENIED = {
  ...HBONE,
  error: 'connection closed due to policy rejection: explicitly denied by: default/eks-echo-deny',
}

const ROUTE: Route = {
  source: ID.ecs,
  target: ID.eks,
  sourceAddresses: ['10.0.1.5'],
  targetAddresses: ['10.0.2.7'],
  hosts: ['eks-echo.default', 'eks-echo.default.svc.cluster.local'],
  port: 8080,
}

const read = (...lines: readonly string[]): readonly Connection[] => lines.flatMap(text => connectionOf(text) ?? [])

describe("ztunnel's access log", () => {
  it('is read as text', () => {
    expect(connectionOf(line(DENIED, 'error'))).to.deep.include({
      direction: 'inbound',
      source: { address: '10.0.1.5:41616', workload: 'shell-task', namespace: 'ecs', identity: ID.ecs },
      error: DENIED.error,
    })
  })

  it('is read as JSON', () => {
    const json = JSON.stringify({ level: 'info', scope: 'access', message: 'connection complete', ...HBONE })
    expect(connectionOf(json)?.destination).to.deep.equal(connectionOf(line(HBONE))?.destination)
  })

  it('keeps quotes that stand within quotes', () => {
    expect(connectionOf(line({ ...HBONE, error: 'io error: "broken"' }))?.error).to.equal('io error: "broken"')
  })

  for (const other of [
    '',
    '2025-03-14T08:38:10Z\tinfo\tproxy\tlistener established\taddress=[::]:15008',
    line(HBONE).replace('connection complete', 'connection opened'),
    line(without(HBONE, 'direction')),
    '{"level":"info","scope":"ztunnel::state","message":"no allow policies matched"}',
    '{"broken',
    '[1,2]',
  ]) {
    it(`has other lines, which say nothing of a connection: ${other.slice(0, 60)}`, () => {
      expect(connectionOf(other)).to.equal(undefined)
    })
  }

  it('names the policy of a refusal, or that none allowed it, or is of something else', () => {
    const refusal = (error: string) => refusalOf(read(line({ ...HBONE, error }))[0] as Connection)
    expect(refusal(DENIED.error)).to.deep.equal({ policy: 'default/eks-echo-deny' })
    expect(refusal('connection closed due to policy rejection: allow policies exist, but none allowed')).to.deep.equal(
      {},
    )
    expect(refusal('connection closed due to policy rejection')).to.deep.equal({})
    expect(refusal('connection timed out')).to.equal(undefined)
  })

  it('has addresses of both families', () => {
    expect([portOf('10.0.0.1:80'), portOf('[fd00::1]:8080'), portOf(undefined)]).to.deep.equal([80, 8080, undefined])
    expect([ipOf('10.0.0.1:80'), ipOf('[fd00::1]:8080')]).to.deep.equal(['10.0.0.1', 'fd00::1'])
  })
})

describe('the witness', () => {
  const cases: readonly (readonly [what: string, lines: readonly string[], kind: string])[] = [
    ['nothing', [], 'unseen'],
    ['HBONE at the destination', [line(HBONE)], 'hbone'],
    ['HBONE at the source', [line({ ...HBONE, direction: 'outbound' })], 'hbone'],
    ['plain text at the destination', [line(PLAIN)], 'plain-text'],
    [
      'plain text at the source, by SOCKS',
      [line({ ...PLAIN, 'src.addr': '127.0.0.1:40000', direction: 'outbound' })],
      'plain-text',
    ],
    ['plain text beside HBONE', [line(HBONE), line(PLAIN)], 'plain-text'],
    ['plain text of somebody else', [line({ ...PLAIN, 'src.addr': '10.0.9.9:1' })], 'unseen'],
    ['another caller', [line({ ...HBONE, 'src.identity': 'spiffe://cluster.local/ns/x/sa/y' })], 'unseen'],
    ['another port', [line({ ...HBONE, 'dst.hbone_addr': '10.0.2.7:9090' })], 'unseen'],
    [
      'another target',
      [line({ ...HBONE, 'dst.hbone_addr': '10.0.3.3:8080', 'dst.service': 'other', 'dst.identity': ID.ecs })],
      'unseen',
    ],
    ['the right host with another identity', [line({ ...HBONE, 'dst.identity': ID.ecs })], 'other-identity'],
    ['a call that failed', [line({ ...HBONE, error: 'io error' })], 'unseen'],
  ]
  for (const [what, lines, kind] of cases) {
    it(`to ${what} is ${kind}`, () => {
      expect(witnessOf(ROUTE, read(...lines)).kind).to.equal(kind)
    })
  }

  it('through a waypoint saw both legs, or one of them, but not the direct way', () => {
    const route = { ...ROUTE, via: WAYPOINT }
    const first = line({ ...HBONE, 'dst.identity': WAYPOINT, direction: 'outbound' })
    const second = line({ ...HBONE, 'src.identity': WAYPOINT })
    expect(witnessOf(route, read(first)).kind).to.equal('hbone')
    expect(witnessOf(route, read(second)).kind).to.equal('hbone')
    const past = witnessOf(route, read(line(HBONE)))
    expect(past.kind === 'other-identity' && past.why).to.contain(`expected ${ID.ecs} to ${WAYPOINT}`)
  })
})

describe("the destination ztunnel's refusal", () => {
  it('proves the denial of its own route', () => {
    expect(denialOf(ROUTE, read(line(DENIED, 'error')))).to.deep.include({
      kind: 'log',
      policy: 'default/eks-echo-deny',
    })
  })

  it('proves as many tries as it was logged for', () => {
    expect(denialOf(ROUTE, read(line(DENIED), line(DENIED)), 2)).to.include({ kind: 'log' })
    expect(denialOf(ROUTE, read(line(DENIED), line(HBONE)), 2)).to.equal(undefined)
  })

  it('proves nothing for another, nor does what the source saw of it', () => {
    expect(denialOf({ ...ROUTE, source: ID.eks }, read(line(DENIED)))).to.equal(undefined)
    expect(denialOf({ ...ROUTE, port: 9090 }, read(line(DENIED)))).to.equal(undefined)
    expect(denialOf(ROUTE, read(line({ ...DENIED, direction: 'outbound' })))).to.equal(undefined)
    expect(denialOf(ROUTE, read(line({ ...HBONE, error: 'http status: 401 Unauthorized' })))).to.equal(undefined)
  })
})

describe('the cause of a failure', () => {
  const cases: readonly (readonly [error: string, layer: string | undefined])[] = [
    [
      'connection timed out, maybe a NetworkPolicy is blocking HBONE port 15008: deadline has elapsed',
      'security-group',
    ],
    ['no healthy upstream: eks-echo.default:8080', 'endpoint'],
    ['connection failed: Connection refused (os error 111)', 'endpoint'],
    ['tls handshake failed', 'not-enrolled'],
    [DENIED.error, undefined],
    ['something else', undefined],
  ]
  for (const [error, layer] of cases) {
    it(`is ${layer ?? 'not told'}: ${error}`, () => {
      expect(causeOf(ROUTE, read(line({ ...HBONE, error, direction: 'outbound' })))?.layer).to.equal(layer)
    })
  }

  it('is the last one that was seen, and only of this route', () => {
    const refused = line({ ...HBONE, error: 'Connection refused' })
    const late = line({ ...HBONE, error: 'deadline has elapsed' })
    expect(causeOf(ROUTE, read(refused, late))?.layer).to.equal('security-group')
    expect(causeOf({ ...ROUTE, port: 1 }, read(late))).to.equal(undefined)
  })
})
