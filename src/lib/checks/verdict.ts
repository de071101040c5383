import type { Layer, Verdict } from './check.ts'
import type { Answer } from './curl.ts'
import type { ProbeOutput } from './probe.ts'
import type { DenialProof } from './proof.ts'

/** What is known besides what curl saw. */
export interface Circumstances {
  /** The target is in the mesh: not the internet. */
  readonly mesh: boolean
  /** A waypoint answers for the target. */
  readonly waypoint: boolean
  /** What shows that a reset connection was policy. */
  readonly proof?: DenialProof
  /** What ztunnel itself says of the failure, where its log could be read. */
  readonly cause?: { readonly layer: Layer; readonly why: string }
}

export interface Judgement {
  readonly verdict: Verdict
  /** Where it ended, unless it was answered. */
  readonly layer?: Layer
  /** One sentence. */
  readonly why: string
}

type Broken = Extract<ProbeOutput, { kind: 'broken' }>

/** Body of every HTTP refusal of a proxy of the mesh. */
const REFUSAL = 'RBAC: access denied'

/** curl exit codes after which nothing had been sent: they say nothing of the network. */
const NOT_SENT: ReadonlyMap<number, string> = new Map([
  [1, 'curl does not know this protocol'],
  [2, 'curl could not start: its arguments are wrong'],
  [3, 'the URL is malformed'],
  [4, 'this curl was built without what was asked of it'],
  [26, 'curl could not read what it was to send'],
  [27, 'curl ran out of memory'],
  [43, 'curl was used wrongly'],
  [48, 'curl does not know one of its options'],
  [126, 'curl can not be executed in this container'],
  [127, 'there is no curl in this container'],
])

const RESETS: ReadonlySet<number> = new Set([52, 56])

/** What curl's exit codes mean on the way to a target. */
const UNREACHABLE: ReadonlyMap<number, { readonly layer: Layer; readonly why: string }> = new Map([
  [5, { layer: 'dns', why: "the proxy's name was not resolved" }],
  [6, { layer: 'dns', why: 'the name was not resolved' }],
  [7, { layer: 'endpoint', why: 'the connection was refused' }],
  [18, { layer: 'http', why: 'the answer broke off' }],
  [
    28,
    { layer: 'security-group', why: 'nothing answered in time: a closed security group, no route, or a hung target' },
  ],
  [35, { layer: 'http', why: 'the TLS handshake failed' }],
  [
    52,
    { layer: 'endpoint', why: 'the connection was closed without an answer, and nothing proves that policy did it' },
  ],
  [55, { layer: 'endpoint', why: 'the request could not be sent' }],
  [56, { layer: 'endpoint', why: 'the connection was reset, and nothing proves that policy did it' }],
  [60, { layer: 'http', why: "the target's certificate is not trusted" }],
  [97, { layer: 'dns', why: 'not connected through SOCKS: the mesh does not know the name' }],
])

/** The socket of a task's own ztunnel, through which its containers call. */
const OWN_ZTUNNEL = /127\.0\.0\.1(?: port |:)15080/

/** Pure: the verdict on one probe. `denied-l4` only with proof; a probe that did not run is `broken`, whatever else is known. */
export function judge(seen: Answer | Broken, circumstances: Circumstances): Judgement {
  if ('kind' in seen) return { verdict: 'broken', layer: seen.layer, why: seen.why }
  const { exitCode, framed, status } = seen
  const notSent = NOT_SENT.get(exitCode) ?? (exitCode > 128 ? `curl was killed by signal ${exitCode - 128}` : undefined)
  if (notSent !== undefined) return { verdict: 'broken', layer: 'curl', why: withCode(exitCode, notSent, seen) }
  // 22: with --fail, curl takes an HTTP error for a failure; the answer came all the same.
  if (status !== undefined && (exitCode === 0 || exitCode === 22)) return ofAnswer(seen, status, circumstances)
  if (exitCode === 0) {
    const why = framed ? 'curl ended well without an HTTP answer' : 'curl sent no request, or its output was cut'
    return { verdict: 'broken', layer: 'curl', why }
  }
  return ofFailure(seen, circumstances)
}

function ofAnswer(seen: Answer, status: number, { mesh, waypoint }: Circumstances): Judgement {
  const { head, body } = seen
  if (mesh && status === 403 && isRefusal(seen)) {
    return { verdict: 'denied-l7', layer: 'policy', why: `403 ${REFUSAL}` }
  }
  if (mesh && status === 403 && body === '' && head === '') {
    const why = "403 without its body: the mesh's refusal can't be told from the target's own"
    return { verdict: 'unreachable', layer: 'http', why }
  }
  if (mesh && status === 503 && (waypoint || isEnvoys(body))) {
    return {
      verdict: 'unreachable',
      layer: 'endpoint',
      why: `503 of the waypoint: ${body.trim() || 'no healthy target'}`,
    }
  }
  return { verdict: 'allowed', why: `HTTP ${status}` }
}

/** The whole body, or what HEAD shows of it: its length. */
const isRefusal = ({ head, body }: Answer): boolean =>
  body.trim() === REFUSAL || (body === '' && new RegExp(`^content-length: ${REFUSAL.length}$`, 'im').test(head))

/** Envoy's own words for a target that it could not reach. */
const isEnvoys = (body: string): boolean =>
  /^(upstream connect error|no healthy upstream|upstream request timeout)/.test(body)

function ofFailure(seen: Answer, { proof, cause }: Circumstances): Judgement {
  const { exitCode, stderr } = seen
  if (RESETS.has(exitCode) && proof) {
    return { verdict: 'denied-l4', layer: 'policy', why: withCode(exitCode, proofInWords(proof), seen) }
  }
  if (OWN_ZTUNNEL.test(stderr) && (exitCode === 7 || (exitCode === 97 && /refused/i.test(stderr)))) {
    const why = withCode(exitCode, 'no ztunnel listens in the task: it is not enrolled', seen)
    return { verdict: 'unreachable', layer: 'not-enrolled', why }
  }
  const { layer, why } = cause ?? UNREACHABLE.get(exitCode) ?? { layer: 'http', why: 'curl failed' }
  return { verdict: 'unreachable', layer, why: withCode(exitCode, why, seen) }
}

const proofInWords = (proof: DenialProof): string =>
  proof.kind === 'log'
    ? `refused by ${proof.policy ?? 'policy'}, says the destination ztunnel`
    : 'allowed just before the policy and again after it, by the same target'

/** `curl 28: nothing answered in time (curl: (28) Connection timed out)`. */
function withCode(exitCode: number, why: string, { stderr }: Answer): string {
  const said = stderr.trim().split('\n').at(-1)
  return `curl ${exitCode}: ${why}${said ? ` (${said})` : ''}`
}

/** Whether curl saw a connection that was accepted and then closed, as a layer 4 refusal looks, among other things. */
export const isReset = (seen: Answer | Broken): boolean => !('kind' in seen) && RESETS.has(seen.exitCode)
