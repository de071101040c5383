import { expect } from 'chai'
import { type CurlHost, curl } from '../../../src/sandbox/mesh/curl.ts'
import type { Outcome } from '../../../src/sandbox/mesh/exchange.ts'
import type { HttpRequest } from '../../../src/sandbox/mesh/http.ts'

const remote = { address: '192.168.1.11', port: 8080 }
const answer = (status = 200, body = 'hello\n'): Outcome => ({
  kind: 'response',
  response: { status, headers: [['Content-Type', 'text/plain']], body },
  remote,
})

interface Sent {
  readonly request: HttpRequest
  readonly proxied: boolean
}

function host(outcome: ReturnType<CurlHost['send']>, environment: Record<string, string> = {}, terminal = true) {
  const sent: Sent[] = []
  const files = new Map<string, string>()
  let now = 0
  const made: CurlHost = {
    version: '8.11.1',
    environment: new Map(Object.entries(environment)),
    terminal,
    now: () => now,
    sleep: async ms => {
      now += ms
    },
    write: async (file, content) => {
      files.set(file, content)
    },
    send: (request, proxied) => {
      sent.push({ request, proxied })
      return outcome
    },
  }
  return { made, sent, files }
}

const run = (argv: string[], outcome: ReturnType<CurlHost['send']> = answer(), environment = {}) =>
  curl(argv, host(outcome, environment).made)

const PROXY = { ALL_PROXY: 'socks5h://127.0.0.1:15080' }

describe('curl in the simulated mesh', () => {
  it('prints what came', async () => {
    expect(await run(['eks-echo:8080'])).to.deep.equal({ exitCode: 0, stdout: 'hello\n', stderr: '' })
  })

  it('asks as curl asks', async () => {
    const { made, sent } = host(answer())
    await curl(['eks-echo:8080/a?b=c'], made)
    expect(sent).to.deep.equal([
      {
        proxied: false,
        request: {
          method: 'GET',
          host: 'eks-echo',
          port: 8080,
          path: '/a?b=c',
          headers: [
            ['Host', 'eks-echo:8080'],
            ['User-Agent', 'curl/8.11.1'],
            ['Accept', '*/*'],
          ],
        },
      },
    ])
  })

  const requests: readonly (readonly [argv: string[], expected: Partial<HttpRequest>])[] = [
    [['-X', 'POST', 'a'], { method: 'POST', host: 'a', port: 80, path: '/' }],
    [['-XPUT', 'http://a/'], { method: 'PUT' }],
    [['-sSI', 'a'], { method: 'HEAD' }],
    [['-d', 'x=1', '-d', 'y=2', 'a'], { method: 'POST', body: 'x=1&y=2' }],
    [['https://a'], { port: 443 }],
    [
      ['-H', 'Accept: text/html', '-H', 'X-Team: a', '-A', 'me', 'a'],
      {
        headers: [
          ['Host', 'a'],
          ['User-Agent', 'me'],
          ['Accept', 'text/html'],
          ['X-Team', 'a'],
        ],
      },
    ],
    [
      ['-H', 'Accept:', 'a'],
      {
        headers: [
          ['Host', 'a'],
          ['User-Agent', 'curl/8.11.1'],
        ],
      },
    ],
  ]
  for (const [argv, expected] of requests) {
    it(`understands ${argv.join(' ')}`, async () => {
      const { made, sent } = host(answer())
      await curl(argv, made)
      expect(sent[0]?.request).to.deep.include(expected)
    })
  }

  const failures: readonly (readonly [
    what: string,
    outcome: ReturnType<CurlHost['send']>,
    environment: object,
    exitCode: number,
    stderr: string,
  ])[] = [
    ['no such name', { kind: 'unresolved' }, {}, 6, 'Could not resolve host: a.b'],
    [
      'no such name through the proxy',
      { kind: 'unresolved' },
      PROXY,
      97,
      "Can't complete SOCKS5 connection to a.b. (4)",
    ],
    [
      'nobody at the proxy',
      { kind: 'no-proxy' },
      PROXY,
      7,
      'Failed to connect to 127.0.0.1 port 15080 after 0 ms: Could not connect to server',
    ],
    [
      'refused',
      { kind: 'refused', remote },
      {},
      7,
      'Failed to connect to a.b port 8080 after 0 ms: Could not connect to server',
    ],
    ['reset', { kind: 'reset', after: 0, remote }, {}, 56, 'Recv failure: Connection reset by peer'],
    ['reset after a while', { kind: 'reset', after: 1500, remote }, {}, 56, 'Recv failure: Connection reset by peer'],
    [
      'no patience for that',
      { kind: 'reset', after: 10_000, remote },
      {},
      28,
      'Operation timed out after 2000 milliseconds with 0 bytes received',
    ],
    ['packets vanish', { kind: 'dropped', remote }, {}, 28, 'Connection timed out after 1000 milliseconds'],
    ['an error of the server', answer(503), {}, 22, 'The requested URL returned error: 503'],
  ]
  for (const [what, outcome, environment, exitCode, message] of failures) {
    it(`${what}: exit ${exitCode}`, async () => {
      const result = await run(['-sSf', '--connect-timeout', '1', '-m', '2', 'a.b:8080'], outcome, environment)
      expect(result).to.deep.equal({ exitCode, stdout: '', stderr: `curl: (${exitCode}) ${message}\n` })
    })
  }

  it('keeps silent with -s alone', async () => {
    expect(await run(['-s', 'a'], { kind: 'unresolved' })).to.deep.equal({ exitCode: 6, stdout: '', stderr: '' })
  })

  it('writes out what it is asked for', async () => {
    const result = await run([
      '-s',
      '-o',
      '/dev/null',
      '-w',
      '%{http_code} %{exitcode} %{remote_ip}\\n%%%{nothing}',
      'a',
    ])
    expect(result.stdout).to.equal('200 0 192.168.1.11\n%')
    const failed = await run(['-s', '-w', '%{http_code} %{exitcode} %{errormsg}', 'a'], { kind: 'unresolved' })
    expect(failed.stdout).to.equal('000 6 Could not resolve host: a')
  })

  it('keeps the body in a file', async () => {
    const { made, files } = host(answer())
    expect((await curl(['-s', '-o', 'f', '-D', 'h', 'a'], made)).stdout).to.equal('')
    expect([...files]).to.deep.equal([
      ['h', 'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n'],
      ['f', 'hello\n'],
    ])
  })

  it('shows headers with -I, and headers and body with -i', async () => {
    const head = 'HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n\r\n'
    expect((await run(['-sI', 'a'], answer(403, 'RBAC: access denied'))).stdout).to.equal(head)
    expect((await run(['-si', 'a'], answer(403, 'RBAC: access denied'))).stdout).to.equal(`${head}RBAC: access denied`)
  })

  it('goes past the proxy where it is told to', async () => {
    const proxied = async (argv: string[], environment: Record<string, string>) => {
      const { made, sent } = host(answer(), environment)
      await curl(['-s', ...argv], made)
      return sent[0]?.proxied
    }
    expect(await proxied(['a.b'], PROXY)).to.equal(true)
    expect(await proxied(['a.b'], {})).to.equal(false)
    expect(await proxied(['a.b'], { ...PROXY, NO_PROXY: 'x, .b' })).to.equal(false)
    expect(await proxied(['a.b'], { ...PROXY, NO_PROXY: 'ab' })).to.equal(true)
    expect(await proxied(['--noproxy', '*', 'a.b'], PROXY)).to.equal(false)
    expect(await proxied(['-x', 'socks5h://127.0.0.1:15080', 'a.b'], {})).to.equal(true)
  })

  const misuse: readonly (readonly [argv: string[], exitCode: number, message: string])[] = [
    [[], 2, 'no URL specified'],
    [['--nonsense', 'a'], 2, 'option --nonsense: is unknown'],
    [['-sZ', 'a'], 2, 'option -sZ: is unknown'],
    [['a', '-X'], 2, 'option -X: requires parameter'],
    [['-m', 'soon', 'a'], 2, 'expected a proper numerical parameter'],
    [['ftp://a'], 1, 'Protocol "ftp" not supported'],
    [['http://'], 3, 'No host part'],
    [['a;b'], 3, 'Bad hostname'],
    [['$(whoami)'], 3, 'Bad hostname'],
    [['a:99999'], 3, 'Port number'],
  ]
  for (const [argv, exitCode, message] of misuse) {
    it(`refuses "${argv.join(' ')}"`, async () => {
      const { made, sent } = host(answer())
      const result = await curl(argv, made)
      expect(result.exitCode).to.equal(exitCode)
      expect(result.stderr).to.contain(message)
      expect(sent).to.deep.equal([])
    })
  }

  it('shows its progress only where nobody watches the output', async () => {
    const piped = await curl(['a'], host(answer(), {}, false).made)
    expect(piped.stderr).to.match(/% Total.*\n.*Dload/)
    expect((await curl(['-s', 'a'], host(answer(), {}, false).made)).stderr).to.equal('')
  })

  it('takes one URL after another and ends as the last one', async () => {
    expect(await run(['-s', 'a', 'b:x'])).to.deep.equal({ exitCode: 3, stdout: 'hello\n', stderr: '' })
  })
})
