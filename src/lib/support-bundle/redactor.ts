/** What was taken out of the texts, for a reader who has to know that it was there. */
export interface TakenOut {
  readonly what: string
  /** What stands in its place. */
  readonly instead: string
  readonly times: number
}

export interface Redaction {
  /** Values that are known to be secret, by what they are. */
  readonly secrets: Readonly<Record<string, string | undefined>>
  /** Account ids are told apart but not told. */
  readonly accounts: boolean
}

/** Whatever looks like a secret, whoever put it there. What is to go is the whole match, or its group `secret`. */
const PATTERNS: readonly { readonly what: string; readonly pattern: RegExp }[] = [
  { what: 'private key', pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?-----END [A-Z ]*PRIVATE KEY-----/g },
  { what: 'AWS access key id', pattern: /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g },
  { what: 'EKS token', pattern: /\bk8s-aws-v1\.[\w-]+/g },
  { what: 'JSON web token', pattern: /\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*/g },
  { what: 'bearer token', pattern: /\bBearer\s+(?<secret>[\w.~+/=-]{8,})/gi },
  { what: 'signature', pattern: /\bX-Amz-(?:Signature|Security-Token|Credential)=(?<secret>[^&\s"']+)/gi },
  {
    what: 'value of a variable that may be a secret',
    pattern:
      /\bname"?: "?[\w.-]*(?:TOKEN|SECRET|PASSWORD|PASSWD|LICEN[CS]E|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY)[\w.-]*"?,?\s+"?value"?: (?<secret>"(?:[^"\\]|\\.)*"|\S+)/gi,
  },
  {
    what: 'value that may be a secret',
    pattern:
      /\b[\w-]*(?:token|secret|password|passwd|api_?key)"?\s*[=:]\s*(?<secret>"(?:[^"\\\n]|\\.)+"|[^\s"',}{[\]]{8,})/gi,
  },
]

/** Twelve digits that are no part of a longer number or word, nor the end of a UUID. */
const ACCOUNT = /(?<!\w|\.|[0-9a-f]{4}-)\d{12}(?!\w)/g
/** Characters: what is shorter is no secret, and stands in many words. */
const SHORTEST = 8

const INSTEAD = '<taken out>'

/** Takes secrets and account ids out of texts: the same one is replaced by the same everywhere. */
export class Redactor {
  readonly #redaction: Redaction
  readonly #accounts = new Map<string, string>()
  readonly #times = new Map<string, number>()

  constructor(redaction: Redaction) {
    this.#redaction = redaction
  }

  redact(text: string): string {
    let left = text
    // The longest first: one may be a part of another.
    const known = Object.entries(this.#redaction.secrets)
      .flatMap(([what, value = '']) => (value.length >= SHORTEST ? [{ what, value }] : []))
      .sort((a, b) => b.value.length - a.value.length)
    for (const { what, value } of known) {
      left = left.replaceAll(value, () => this.#count(what, INSTEAD))
    }
    for (const { what, pattern } of PATTERNS) {
      left = left.replace(pattern, (...match) => {
        const { secret = match[0] } = (match.at(-1) ?? {}) as { secret?: string }
        return secret.includes(INSTEAD) ? match[0] : match[0].replace(secret, () => this.#count(what, INSTEAD))
      })
    }
    return this.#redaction.accounts ? left.replace(ACCOUNT, account => this.#account(account)) : left
  }

  takenOut(): readonly TakenOut[] {
    return [...this.#times].map(([key, times]) => {
      const [what = '', instead = ''] = key.split('\n')
      return { what, instead, times }
    })
  }

  #account(account: string): string {
    const alias = this.#accounts.get(account) ?? `account-${this.#accounts.size + 1}`
    this.#accounts.set(account, alias)
    return this.#count('account id', alias)
  }

  #count(what: string, instead: string): string {
    const key = `${what}\n${instead}`
    this.#times.set(key, (this.#times.get(key) ?? 0) + 1)
    return instead
  }
}
