import { expect } from 'chai'
import type { Answer } from '../../../src/lib/checks/curl.ts'
import { type Circumstances, judge } from '../../../src/lib/checks/verdict.ts'

const MESH: Circumstances = { mesh: true, waypoint: false }
const WAYPOINT: Circumstances = { mesh: true, waypoint: true }
const INTERNET: Circumstances = { mesh: false, waypoint: false }

const answer = (more: Partial<Answer>): Answer => ({
  at: 'task-1',
  exitCode: 0,
  status: undefined,
  head: '',
  body: '',
  stdout: '',
  stderr: '',
  framed: true,
  ...more,
})
const failed = (exitCode: number, stderr = ''): Answer => answer({ exitCode, stderr })
const http = (status: number, body = 'x', head = ''): Answer => answer({ status, body, head })

const PROOF = { kind: 'before-and-after', before: 'b', after: 'a', target: 't' } as const
const DENIAL = 'RBAC: access denied'

describe('the verdict', () => {
  const cases: readonly (readonly [
    what: string,
    seen: Parameters<typeof judge>[0],
    circumstances: Circumstances,
    verdict: string,
    layer: string | undefined,
  ])[] = [
    ['200', http(200), MESH, 'allowed', undefined],
    ['500 of the target itself', http(500), MESH, 'allowed', undefined],
    ['404', http(404), WAYPOINT, 'allowed', undefined],
    ['an HTTP error with --fail', answer({ exitCode: 22, status: 404 }), MESH, 'allowed', undefined],
    ['503 of an internet target', http(503), INTERNET, 'allowed', undefined],
    ['403 of an internet target, whatever it says', http(403, DENIAL), INTERNET, 'allowed', undefined],
    ["403 of the target's own", http(403, 'not for you'), WAYPOINT, 'allowed', undefined],
    ['403 that only quotes the refusal', http(403, `<p>${DENIAL}</p>`), WAYPOINT, 'allowed', undefined],
    ['a refusal', http(403, DENIAL), WAYPOINT, 'denied-l7', 'policy'],
    ['a refusal with an end of line', http(403, `${DENIAL}\n`), WAYPOINT, 'denied-l7', 'policy'],
    ['a refusal with its headers', http(403, DENIAL, 'HTTP/1.1 403 Forbidden\n\n'), WAYPOINT, 'denied-l7', 'policy'],
    [
      'a refusal of HEAD',
      http(403, '', 'HTTP/1.1 403 Forbidden\ncontent-length: 19\n\n'),
      WAYPOINT,
      'denied-l7',
      'policy',
    ],
    [
      'another 403 to HEAD',
      http(403, '', 'HTTP/1.1 403 Forbidden\nContent-Length: 190\n\n'),
      WAYPOINT,
      'allowed',
      undefined,
    ],
    ['403 whose body nobody saw', http(403, ''), WAYPOINT, 'unreachable', 'http'],
    ['503 where a waypoint answers', http(503, 'busy'), WAYPOINT, 'unreachable', 'endpoint'],
    ['503 in the words of Envoy', http(503, 'no healthy upstream'), MESH, 'unreachable', 'endpoint'],
    ["503 of the target's own", http(503, 'busy'), MESH, 'allowed', undefined],
    ['56 with proof', failed(56), { ...MESH, proof: PROOF }, 'denied-l4', 'policy'],
    ['52 with proof', failed(52), { ...MESH, proof: PROOF }, 'denied-l4', 'policy'],
    ['56 without proof', failed(56), MESH, 'unreachable', 'endpoint'],
    ['52 without proof', failed(52), MESH, 'unreachable', 'endpoint'],
    ['28, whatever the proof', failed(28), { ...MESH, proof: PROOF }, 'unreachable', 'security-group'],
    ['7, whatever the proof', failed(7), { ...MESH, proof: PROOF }, 'unreachable', 'endpoint'],
    ['6', failed(6), { ...MESH, proof: PROOF }, 'unreachable', 'dns'],
    ['97', failed(97), { ...MESH, proof: PROOF }, 'unreachable', 'dns'],
    [
      "7 from the task's own ztunnel",
      failed(7, 'curl: (7) Failed to connect to 127.0.0.1 port 15080 after 0 ms: Connection refused'),
      MESH,
      'unreachable',
      'not-enrolled',
    ],
    ['an exit code that nobody knows', failed(99), MESH, 'unreachable', 'http'],
    [
      'a cause that ztunnel names',
      failed(56),
      { ...MESH, cause: { layer: 'security-group', why: 'shut' } },
      'unreachable',
      'security-group',
    ],
    [
      'proof, whatever the cause',
      failed(56),
      { ...MESH, proof: PROOF, cause: { layer: 'dns', why: '' } },
      'denied-l4',
      'policy',
    ],
    ['an answer, whatever the proof', http(200), { ...MESH, proof: PROOF }, 'allowed', undefined],
    ['2: wrong arguments', failed(2), { ...MESH, proof: PROOF }, 'broken', 'curl'],
    ['3: a malformed URL', failed(3), MESH, 'broken', 'curl'],
    ['127: no curl', failed(127), { ...MESH, proof: PROOF }, 'broken', 'curl'],
    ['137: killed', failed(137), { ...MESH, proof: PROOF }, 'broken', 'curl'],
    ['no request at all', answer({ framed: false, stdout: 'curl 8.11.1' }), MESH, 'broken', 'curl'],
    ['no HTTP', answer({}), MESH, 'broken', 'curl'],
    ['no task', { kind: 'broken', layer: 'task', why: 'none' }, { ...MESH, proof: PROOF }, 'broken', 'task'],
    ['no agent', { kind: 'broken', layer: 'agent', why: 'none' }, MESH, 'broken', 'agent'],
    ['no pod', { kind: 'broken', layer: 'pod', why: 'none' }, MESH, 'broken', 'pod'],
  ]
  for (const [what, seen, circumstances, verdict, layer] of cases) {
    it(`on ${what} is ${verdict}`, () => {
      const judgement = judge(seen, circumstances)
      expect(judgement.verdict).to.equal(verdict)
      expect(judgement.layer).to.equal(layer)
      expect(judgement.why).not.to.equal('')
    })
  }

  it("explains curl's exit code, and quotes what curl said", () => {
    const { why } = judge(failed(28, 'curl: (28) Connection timed out after 5001 ms\n'), MESH)
    expect(why).to.contain('curl 28: nothing answered in time')
    expect(why).to.contain('curl: (28) Connection timed out after 5001 ms')
  })
})
