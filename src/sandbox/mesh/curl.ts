import { type CurlOptions, CurlUsageError, parseCurl } from './curl-arguments.ts'
import type { Outcome } from './exchange.ts'
import { type Header, type HttpRequest, type HttpResponse, headerOf, statusLine } from './http.ts'

/** What curl finds around it in a container. */
export interface CurlHost {
  readonly version: string
  readonly environment: ReadonlyMap<string, string>
  /** Its output goes to a terminal. */
  readonly terminal: boolean
  now(): number
  sleep(ms: number): Promise<void>
  write(file: string, content: string): Promise<void>
  /** Sends a request, through the SOCKS proxy of the container's ztunnel or not; `no-proxy`: nobody listens there. */
  send(request: HttpRequest, proxied: boolean): Outcome | { readonly kind: 'no-proxy' }
}

export interface CurlResult {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs curl. `argv` is without the leading `curl`. */
export async function curl(argv: readonly string[], host: CurlHost): Promise<CurlResult> {
  try {
    const options = parseCurl(argv)
    if (options.version) return done(`curl ${host.version} (x86_64-pc-linux-musl) libcurl/${host.version}\n`)
    if (options.urls.length === 0) throw new CurlUsageError('curl: (2) no URL specified')
    const results: CurlResult[] = []
    for (const url of options.urls) results.push(await transfer(url, options, host))
    return {
      exitCode: results.at(-1)?.exitCode ?? 0,
      stdout: results.map(({ stdout }) => stdout).join(''),
      stderr: results.map(({ stderr }) => stderr).join(''),
    }
  } catch (error) {
    if (!(error instanceof CurlUsageError)) throw error
    const hint = "curl: try 'curl --help' or 'curl --manual' for more information"
    return { exitCode: error.exitCode, stdout: '', stderr: `${error.message}\n${hint}\n` }
  }
}

const done = (stdout: string): CurlResult => ({ exitCode: 0, stdout, stderr: '' })

/** How one transfer ended. */
interface Ending {
  readonly exitCode: number
  readonly message?: string
  readonly response?: HttpResponse
  readonly remote?: { readonly address: string; readonly port: number }
}

async function transfer(url: string, options: CurlOptions, host: CurlHost): Promise<CurlResult> {
  const parsed = parseUrl(url)
  if ('exitCode' in parsed) return report(parsed, options, host, url, undefined, 0)
  const request = requestOf(parsed, options, host.version)
  const proxied = usesProxy(request.host, options, host.environment)
  const began = host.now()
  const outcome = host.send(request, proxied)
  await host.sleep(Math.min(waitOf(outcome, options), options.maxTime ?? Number.POSITIVE_INFINITY))
  const ms = Math.round(host.now() - began)
  const ending = endingOf(outcome, request, options, proxied, ms)
  return report(ending, options, host, url, { request, proxied }, ms)
}

interface Url {
  readonly scheme: 'http' | 'https'
  readonly host: string
  readonly port: number
  readonly path: string
}

function parseUrl(text: string): Url | Ending {
  const match = /^(?:([a-z][a-z0-9+.-]*):\/\/)?(?:[^@/?#]*@)?([^/?#:]*)(?::([^/?#]*))?([/?#].*)?$/i.exec(text)
  if (!match) return { exitCode: 3, message: 'URL rejected: Malformed input to a URL function' }
  const [, scheme = 'http', name = '', port, rest = ''] = match
  const lower = scheme.toLowerCase()
  if (lower !== 'http' && lower !== 'https') return { exitCode: 1, message: `Protocol "${scheme}" not supported` }
  if (name === '') return { exitCode: 3, message: 'URL rejected: No host part in the URL' }
  if (!/^[a-z0-9._-]+$/i.test(name)) return { exitCode: 3, message: 'URL rejected: Bad hostname' }
  if (port !== undefined && !(/^\d+$/.test(port) && Number(port) <= 65535)) {
    return { exitCode: 3, message: 'URL rejected: Port number was not a decimal number between 0 and 65535' }
  }
  const path = rest.replace(/#.*$/, '')
  return {
    scheme: lower,
    host: name,
    port: Number(port ?? (lower === 'https' ? 443 : 80)),
    path: path.startsWith('/') ? path : `/${path}`,
  }
}

function requestOf(url: Url, options: CurlOptions, version: string): HttpRequest {
  const own = options.headers.map((line): Header => {
    const [name = '', ...value] = line.split(':')
    return [name.trim(), value.join(':').trim()]
  })
  const shown = url.port === (url.scheme === 'https' ? 443 : 80) ? url.host : `${url.host}:${url.port}`
  const usual: readonly Header[] = [
    ['Host', shown],
    ['User-Agent', options.userAgent ?? `curl/${version}`],
    ['Accept', '*/*'],
    ...(options.data === undefined
      ? []
      : ([
          ['Content-Length', String(Buffer.byteLength(options.data))],
          ['Content-Type', 'application/x-www-form-urlencoded'],
        ] as const)),
  ]
  const headers = [...usual.filter(([name]) => headerOf(own, name) === undefined), ...own]
  return {
    method: options.method ?? (options.head ? 'HEAD' : options.data === undefined ? 'GET' : 'POST'),
    host: url.host,
    port: url.port,
    path: url.path,
    // `-H 'Name:'` takes a header away.
    headers: headers.filter(([, value]) => value !== ''),
    ...(options.data === undefined ? {} : { body: options.data }),
  }
}

/** The task definition's ALL_PROXY names the ztunnel; NO_PROXY and `--noproxy` go past it. */
function usesProxy(name: string, options: CurlOptions, environment: ReadonlyMap<string, string>): boolean {
  const fromEnvironment = ['http_proxy', 'all_proxy', 'ALL_PROXY'].map(key => environment.get(key)).find(Boolean)
  const proxy = options.proxy ?? fromEnvironment ?? ''
  const excluded = options.noProxy ?? environment.get('no_proxy') ?? environment.get('NO_PROXY') ?? ''
  const past = excluded.split(',').some(entry => {
    const suffix = entry.trim().replace(/^\./, '')
    return suffix === '*' || (suffix !== '' && (name === suffix || name.endsWith(`.${suffix}`)))
  })
  return proxy !== '' && !past
}

/** Milliseconds until the kernel gives up connecting. */
const KERNEL_CONNECT_LIMIT = 130_000

function waitOf(outcome: Outcome | { readonly kind: 'no-proxy' }, options: CurlOptions): number {
  if (outcome.kind === 'dropped') return Math.min(options.connectTimeout ?? KERNEL_CONNECT_LIMIT, KERNEL_CONNECT_LIMIT)
  return outcome.kind === 'reset' ? outcome.after : 0
}

const PROXY = { address: '127.0.0.1', port: 15080 }

function endingOf(
  outcome: Outcome | { readonly kind: 'no-proxy' },
  request: HttpRequest,
  options: CurlOptions,
  proxied: boolean,
  ms: number,
): Ending {
  const limit = options.maxTime ?? Number.POSITIVE_INFINITY
  const remote = 'remote' in outcome ? (proxied ? PROXY : outcome.remote) : PROXY
  switch (outcome.kind) {
    case 'no-proxy':
      return { exitCode: 7, message: notConnected(PROXY.address, PROXY.port, ms) }
    case 'unresolved':
      return proxied
        ? { exitCode: 97, message: `Can't complete SOCKS5 connection to ${request.host}. (4)` }
        : { exitCode: 6, message: `Could not resolve host: ${request.host}` }
    case 'refused':
      return { exitCode: 7, message: notConnected(request.host, request.port, ms) }
    case 'dropped':
      return { exitCode: 28, message: `Connection timed out after ${ms} milliseconds` }
    case 'reset':
      return outcome.after > limit
        ? timedOut(ms)
        : { exitCode: 56, message: 'Recv failure: Connection reset by peer', remote }
    case 'response':
      return outcome.response.status >= 400 && (options.fail || options.failWithBody)
        ? {
            exitCode: 22,
            message: `The requested URL returned error: ${outcome.response.status}`,
            response: outcome.response,
            remote,
          }
        : { exitCode: 0, response: outcome.response, remote }
  }
}

const timedOut = (ms: number): Ending => ({
  exitCode: 28,
  message: `Operation timed out after ${ms} milliseconds with 0 bytes received`,
})

const notConnected = (name: string, port: number, ms: number): string =>
  `Failed to connect to ${name} port ${port} after ${ms} ms: Could not connect to server`

async function report(
  ending: Ending,
  options: CurlOptions,
  host: CurlHost,
  url: string,
  sent: { readonly request: HttpRequest; readonly proxied: boolean } | undefined,
  ms: number,
): Promise<CurlResult> {
  const { response, exitCode, message } = ending
  const head = response ? `HTTP/1.1 ${statusLine(response.status)}\r\n${headerLines(response.headers)}\r\n` : ''
  const bodyless = options.head || sent?.request.method === 'HEAD' || (exitCode === 22 && !options.failWithBody)
  const body = bodyless ? '' : (response?.body ?? '')
  const content = (options.head || options.include ? head : '') + body
  if (options.dumpHeader !== undefined && options.dumpHeader !== '-') await host.write(options.dumpHeader, head)
  if (options.output !== undefined && options.output !== '-' && response) await host.write(options.output, content)
  const shown = options.output === undefined || options.output === '-' ? content : ''
  const written = writeOut(options.writeOut ?? '', variables(ending, url, sent?.request, body, ms))
  const meter = !options.silent && !options.noProgressMeter && (!host.terminal || options.output !== undefined)
  const loud = !options.silent || options.showError
  return {
    exitCode,
    stdout: (options.dumpHeader === '-' ? head : '') + shown + written,
    stderr: [
      meter && sent ? progress(body.length) : '',
      options.verbose && sent ? trace(ending, sent.request, sent.proxied, head) : '',
      message !== undefined && loud ? `curl: (${exitCode}) ${message}\n` : '',
    ].join(''),
  }
}

const headerLines = (headers: readonly Header[]): string =>
  headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')

function variables(
  { exitCode, message, response, remote }: Ending,
  url: string,
  request: HttpRequest | undefined,
  body: string,
  ms: number,
): Readonly<Record<string, string>> {
  const time = (ms / 1000).toFixed(6)
  const code = String(response?.status ?? 0).padStart(3, '0')
  return {
    http_code: code,
    response_code: code,
    exitcode: String(exitCode),
    errormsg: message ?? '',
    content_type: (response && headerOf(response.headers, 'content-type')) ?? '',
    http_version: response ? '1.1' : '0',
    method: request?.method ?? 'GET',
    num_connects: remote ? '1' : '0',
    remote_ip: remote?.address ?? '',
    remote_port: String(remote?.port ?? 0),
    size_download: String(Buffer.byteLength(body)),
    time_appconnect: '0.000000',
    time_connect: remote ? time : '0.000000',
    time_namelookup: time,
    time_starttransfer: response ? time : '0.000000',
    time_total: time,
    url,
    url_effective: /^[a-z]+:\/\//i.test(url) ? url : `http://${url}/`,
  }
}

function writeOut(format: string, values: Readonly<Record<string, string>>): string {
  const escapes: Record<string, string> = { '\\n': '\n', '\\r': '\r', '\\t': '\t', '%%': '%' }
  return format.replace(/%%|\\[nrt]|%\{([a-z_]+)\}/g, (all, name: string | undefined) =>
    name === undefined ? (escapes[all] ?? all) : (values[name] ?? ''),
  )
}

function progress(size: number): string {
  const count = String(size).padStart(5)
  return [
    '  % Total    % Received % Xferd  Average Speed   Time    Time     Time  Current\n',
    '                                 Dload  Upload   Total   Spent    Left  Speed\n',
    `\r100 ${count}  100 ${count}    0     0  ${count}      0 --:--:-- --:--:-- --:--:-- ${count}\n`,
  ].join('')
}

function trace({ remote, response }: Ending, request: HttpRequest, proxied: boolean, head: string): string {
  if (!remote) return ''
  const sentLines = [
    `${request.method} ${request.path} HTTP/1.1`,
    ...headerLines(request.headers).trimEnd().split('\r\n'),
    '',
  ]
  return [
    `*   Trying ${remote.address}:${remote.port}...`,
    ...(proxied
      ? [`* SOCKS5 connect to ${request.host}:${request.port} (remotely resolved)`, '* SOCKS5 request granted.']
      : []),
    `* Connected to ${proxied ? remote.address : request.host} (${remote.address}) port ${remote.port}`,
    ...sentLines.map(line => `> ${line}`),
    ...(response
      ? head
          .trimEnd()
          .split('\r\n')
          .concat('')
          .map(line => `< ${line}`)
      : []),
    '',
  ].join('\n')
}
