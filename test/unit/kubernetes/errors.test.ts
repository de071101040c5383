import { ApiException } from '@kubernetes/client-node'
import { expect } from 'chai'
import { kubernetesFailure, transientReason } from '../../../src/lib/kubernetes/errors.ts'

const answer = (code: number, body: unknown): ApiException<unknown> =>
  new ApiException(code, 'no', typeof body === 'string' ? body : JSON.stringify(body), { 'audit-id': 'audit-1' })

const network = (code: string) => new TypeError('fetch failed', { cause: Object.assign(new Error(code), { code }) })

describe('the table of Kubernetes errors', () => {
  const cases: readonly [number, string, number][] = [
    [401, 'KUBERNETES_UNAUTHORIZED', 3],
    [403, 'KUBERNETES_FORBIDDEN', 1],
    [404, 'KUBERNETES_NOT_FOUND', 1],
    [409, 'KUBERNETES_CONFLICT', 1],
    [422, 'KUBERNETES_INVALID', 1],
    [429, 'KUBERNETES_THROTTLED', 1],
    [500, 'KUBERNETES_FAILED', 1],
  ]
  for (const [status, code, exit] of cases) {
    it(`turns ${status} into ${code}`, () => {
      const body = { reason: 'Because', message: 'words', details: { causes: [{ field: 'spec.x', message: 'bad' }] } }
      const failure = kubernetesFailure(answer(status, body), 'apply Pod a')
      expect(failure).to.include({ code, exit, requestId: 'audit-1', message: 'Kubernetes refused to apply Pod a.' })
      expect(failure.why).to.deep.equal([`${status} Because: words`, 'spec.x: bad'])
    })
  }

  it('names the other manager and the fields of a conflict', () => {
    const causes = [
      { reason: 'FieldManagerConflict', message: 'conflict with "helm" using apps/v1', field: '.spec.replicas' },
    ]
    const failure = kubernetesFailure(answer(409, { details: { causes } }), 'apply Deployment a')
    expect(failure).to.include({ code: 'FIELD_CONFLICT', exit: 2 })
    expect(failure.message).to.contain('helm')
    expect(failure.why).to.deep.equal(['.spec.replicas: conflict with "helm" using apps/v1'])
    expect(failure.suggestions.join()).to.contain('--adopt')
  })

  it('knows a quota from a missing right', () => {
    const message = 'pods "a" is forbidden: exceeded quota: most, requested: pods=1, used: pods=9, limited: pods=9'
    const failure = kubernetesFailure(answer(403, { reason: 'Forbidden', message }), 'apply Pod a')
    expect(failure).to.include({ code: 'QUOTA_EXCEEDED', exit: 1 })
    expect(failure.why.join()).to.contain('exceeded quota: most')
    expect(failure.suggestions.join()).to.contain('resourcequota')
  })

  it('reads a body that is no JSON', () => {
    expect(kubernetesFailure(answer(502, '<html>bad gateway'), 'x').why[0]).to.contain('bad gateway')
  })

  it('says that nothing answered, and why', () => {
    const failure = kubernetesFailure(network('ENOTFOUND'), 'read Namespace a')
    expect(failure.code).to.equal('KUBERNETES_UNREACHABLE')
    expect(failure.why).to.deep.equal(['fetch failed: ENOTFOUND'])
  })
})

describe('what passes by itself', () => {
  const conflict = (reason: string) => ({ message: 'm', details: { causes: [{ reason }] } })
  const cases: readonly [string, unknown, boolean][] = [
    ['throttling', answer(429, {}), true],
    ['a server error', answer(503, {}), true],
    [
      'a field that the schema lacks',
      answer(500, { message: 'failed to create typed patch object: .x: field not declared in schema' }),
      false,
    ],
    ['a conflict of versions', answer(409, { reason: 'Conflict' }), true],
    ['a conflict of managers', answer(409, conflict('FieldManagerConflict')), false],
    ['a namespace that is being deleted', answer(403, conflict('NamespaceTerminating')), true],
    ['no right', answer(403, {}), false],
    ['an invalid object', answer(422, {}), false],
    ['a reset connection', network('ECONNRESET'), true],
    ['a socket closed by the other side', network('UND_ERR_SOCKET'), true],
    ['a time-out', Object.assign(new Error('slow'), { name: 'TimeoutError' }), true],
    ['a wrong certificate', network('DEPTH_ZERO_SELF_SIGNED_CERT'), false],
    ['a bug', new TypeError('x is not a function'), false],
  ]
  for (const [what, error, passes] of cases) {
    it(`${passes ? 'tries again after' : 'gives up at'} ${what}`, () => {
      expect(transientReason(error) !== undefined).to.equal(passes)
    })
  }
})
