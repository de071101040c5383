import { expect } from 'chai'
import { decodeProtobuf } from '../../../../src/sandbox/kubernetes/api/protobuf.ts'
import { StatusError } from '../../../../src/sandbox/kubernetes/status-error.ts'

/** The wire form: a length-delimited field, or a number below 128. */
const field = (number: number, content: Buffer | string | number): Buffer => {
  if (typeof content === 'number') return Buffer.from([number << 3, content])
  const bytes = Buffer.from(content)
  return Buffer.concat([Buffer.from([(number << 3) | 2, bytes.length]), bytes])
}
const message = (...fields: Buffer[]) => Buffer.concat(fields)
const body = (apiVersion: string, kind: string, raw: Buffer) =>
  message(
    Buffer.from('k8s\0'),
    field(1, message(field(1, apiVersion), field(2, kind))),
    field(2, raw),
    field(3, ''),
    field(4, ''),
  )

describe('protobuf bodies', () => {
  it('become the objects that they are', () => {
    const metadata = message(
      field(1, 'settings'),
      field(2, ''),
      field(3, 'shop'),
      field(7, 0),
      field(8, Buffer.alloc(0)),
    )
    const entry = message(field(1, 'mode'), field(2, 'fast'))
    expect(decodeProtobuf(body('v1', 'ConfigMap', message(field(1, metadata), field(2, entry))))).to.deep.equal({
      apiVersion: 'v1',
      kind: 'ConfigMap',
      metadata: { name: 'settings', namespace: 'shop' },
      data: { mode: 'fast' },
    })
  })

  it('keep a zero that was said, and no other', () => {
    const spec = message(field(1, 0), field(5, 0), field(7, 0))
    expect(decodeProtobuf(body('apps/v1', 'Deployment', field(2, spec)))).to.deep.equal({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      spec: { replicas: 0 },
    })
  })

  it('keep repeated values, empty ones too', () => {
    const rule = message(field(1, 'get'), field(1, 'list'), field(2, ''), field(3, 'pods'))
    expect(decodeProtobuf(body('rbac.authorization.k8s.io/v1', 'Role', field(2, rule)))).to.deep.include({
      rules: [{ verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'] }],
    })
  })

  it('carry bytes as base64', () => {
    const entry = message(field(1, 'key'), field(2, 'hi'))
    expect(decodeProtobuf(body('v1', 'Secret', field(2, entry)))).to.deep.include({ data: { key: 'aGk=' } })
  })

  const refused: [string, Buffer, number][] = [
    ['another format', Buffer.from('{"kind":"ConfigMap"}'), 400],
    ['a kind without a table', body('v1', 'Widget', Buffer.alloc(0)), 415],
    ['a field that is not in the table, rather than lose it', body('v1', 'ConfigMap', field(9, 'x')), 415],
    ['a length that reaches past the end', body('v1', 'ConfigMap', Buffer.from([10, 99])), 400],
    ['a number that never ends', body('v1', 'ConfigMap', Buffer.from([0x88, 0x80])), 400],
  ]
  for (const [name, content, code] of refused)
    it(`refuse ${name}`, () =>
      expect(() => decodeProtobuf(content))
        .to.throw(StatusError)
        .with.property('code', code))
})
