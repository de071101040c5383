/**
 * The command line of curl as the containers have it: the options that connectivity checks use. An option that real
 * curl has and this one lacks is refused as unknown, so nobody takes an ignored option for one that worked.
 */

export interface CurlOptions {
  readonly urls: readonly string[]
  /** Undefined: HEAD with `head`, POST with a body, else GET. */
  readonly method?: string
  readonly headers: readonly string[]
  readonly data?: string
  readonly head: boolean
  readonly include: boolean
  readonly silent: boolean
  readonly showError: boolean
  readonly verbose: boolean
  readonly fail: boolean
  readonly failWithBody: boolean
  readonly output?: string
  readonly dumpHeader?: string
  readonly writeOut?: string
  readonly userAgent?: string
  readonly proxy?: string
  readonly noProxy?: string
  /** Milliseconds. */
  readonly connectTimeout?: number
  readonly maxTime?: number
  readonly noProgressMeter: boolean
  readonly version: boolean
}

/** What curl says before it does anything, with its exit code. */
export class CurlUsageError extends Error {
  readonly exitCode: number

  constructor(message: string, exitCode = 2) {
    super(message)
    this.exitCode = exitCode
  }
}

type Mutable = { -readonly [K in keyof CurlOptions]: CurlOptions[K] }
type Apply = (options: Mutable, value: string) => void

const seconds = (name: string, value: string): number => {
  const number = Number(value)
  if (value.trim() === '' || !(number >= 0)) {
    throw new CurlUsageError(`curl: option ${name}: expected a proper numerical parameter`)
  }
  return number * 1000
}

type FlagName = { [K in keyof CurlOptions]-?: CurlOptions[K] extends boolean ? K : never }[keyof CurlOptions]
type TextName = 'method' | 'output' | 'dumpHeader' | 'writeOut' | 'userAgent' | 'proxy' | 'noProxy'

const sets =
  (name: FlagName): Apply =>
  options => {
    options[name] = true
  }

const keeps =
  (name: TextName): Apply =>
  (options, value) => {
    options[name] = value
  }

const keepsSeconds =
  (name: 'connectTimeout' | 'maxTime', option: string): Apply =>
  (options, value) => {
    options[name] = seconds(option, value)
  }

const addData: Apply = (options, value) => {
  options.data = options.data === undefined ? value : `${options.data}&${value}`
}

const addJson: Apply = (options, value) => {
  options.data = (options.data ?? '') + value
  options.headers = [...options.headers, 'Content-Type: application/json', 'Accept: application/json']
}

const addHeader: Apply = (options, value) => {
  options.headers = [...options.headers, value]
}

const addUrl: Apply = (options, value) => {
  options.urls = [...options.urls, value]
}

/** What makes no difference here, such as following redirects that nobody sends. */
const nothing: Apply = () => {}

interface Option {
  readonly long: string
  readonly short?: string
  readonly takesValue?: true
  readonly apply: Apply
}

const OPTIONS: readonly Option[] = [
  { long: 'silent', short: 's', apply: sets('silent') },
  { long: 'show-error', short: 'S', apply: sets('showError') },
  { long: 'head', short: 'I', apply: sets('head') },
  { long: 'include', short: 'i', apply: sets('include') },
  { long: 'show-headers', apply: sets('include') },
  { long: 'verbose', short: 'v', apply: sets('verbose') },
  { long: 'fail', short: 'f', apply: sets('fail') },
  { long: 'fail-with-body', apply: sets('failWithBody') },
  { long: 'no-progress-meter', apply: sets('noProgressMeter') },
  { long: 'version', short: 'V', apply: sets('version') },
  { long: 'insecure', short: 'k', apply: nothing },
  { long: 'location', short: 'L', apply: nothing },
  { long: 'ipv4', short: '4', apply: nothing },
  { long: 'http1.1', apply: nothing },
  { long: 'no-buffer', short: 'N', apply: nothing },
  { long: 'globoff', short: 'g', apply: nothing },
  { long: 'disable', short: 'q', apply: nothing },
  { long: 'request', short: 'X', takesValue: true, apply: keeps('method') },
  { long: 'header', short: 'H', takesValue: true, apply: addHeader },
  { long: 'data', short: 'd', takesValue: true, apply: addData },
  { long: 'data-raw', takesValue: true, apply: addData },
  { long: 'data-binary', takesValue: true, apply: addData },
  { long: 'json', takesValue: true, apply: addJson },
  { long: 'output', short: 'o', takesValue: true, apply: keeps('output') },
  { long: 'dump-header', short: 'D', takesValue: true, apply: keeps('dumpHeader') },
  { long: 'write-out', short: 'w', takesValue: true, apply: keeps('writeOut') },
  { long: 'user-agent', short: 'A', takesValue: true, apply: keeps('userAgent') },
  { long: 'proxy', short: 'x', takesValue: true, apply: keeps('proxy') },
  { long: 'noproxy', takesValue: true, apply: keeps('noProxy') },
  { long: 'url', takesValue: true, apply: addUrl },
  { long: 'connect-timeout', takesValue: true, apply: keepsSeconds('connectTimeout', '--connect-timeout') },
  { long: 'max-time', short: 'm', takesValue: true, apply: keepsSeconds('maxTime', '--max-time') },
]

const byShort = new Map(OPTIONS.flatMap(option => (option.short ? [[option.short, option]] : [])))
const byLong = new Map(OPTIONS.map(option => [option.long, option]))

/**
 * @param argv without the leading `curl`
 * @throws CurlUsageError with curl's own words
 */
export function parseCurl(argv: readonly string[]): CurlOptions {
  const options: Mutable = {
    urls: [],
    headers: [],
    head: false,
    include: false,
    silent: false,
    showError: false,
    verbose: false,
    fail: false,
    failWithBody: false,
    noProgressMeter: false,
    version: false,
  }
  const rest = [...argv]
  const take = (name: string): string => {
    const value = rest.shift()
    if (value === undefined) throw new CurlUsageError(`curl: option ${name}: requires parameter`)
    return value
  }
  let onlyUrls = false
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (onlyUrls || !word.startsWith('-') || word === '-') options.urls = [...options.urls, word]
    else if (word === '--') onlyUrls = true
    else if (word.startsWith('--')) {
      const option = byLong.get(word.slice(2))
      if (!option) throw new CurlUsageError(`curl: option ${word}: is unknown`)
      option.apply(options, option.takesValue ? take(word) : '')
    } else applyShort(word, options, take)
  }
  return options
}

/** `-sSo FILE`, `-XPOST`: flags run together, and the rest of the word is the value of one that takes a value. */
function applyShort(word: string, options: Mutable, take: (name: string) => string): void {
  for (let at = 1; at < word.length; at++) {
    const letter = word.charAt(at)
    const option = byShort.get(letter)
    if (!option) throw new CurlUsageError(`curl: option ${word}: is unknown`)
    if (option.takesValue) {
      option.apply(options, word.slice(at + 1) || take(`-${letter}`))
      return
    }
    option.apply(options, '')
  }
}
