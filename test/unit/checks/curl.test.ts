import { expect } from 'chai'
import { answerOf, framed } from '../../../src/lib/checks/curl.ts'

const LIMITS = { connect: 5, total: 10 }
const MARKER = 'c0ffee00c0ffee00'
const frame = `\\n${MARKER} %{http_code}\\n`

const answer = (stdout: string, exitCode = 0) =>
  answerOf({ kind: 'ran', at: 'task-1', exitCode, stdout, stderr: '' }, MARKER)

describe('framing curl', () => {
  it('makes it quiet, limits its time, and closes its output', () => {
    expect(framed(['-X', 'POST', 'x:1'], MARKER, LIMITS)).to.deep.equal([
      '-s',
      '-S',
      '--connect-timeout',
      '5',
      '--max-time',
      '10',
      '-w',
      frame,
      '-X',
      'POST',
      'x:1',
    ])
  })

  it("puts the caller's own --write-out before the frame, and lets other options of theirs win", () => {
    const args = framed(['--max-time', '3', '-w', '%{time_total}', 'x'], MARKER, LIMITS)
    expect(args.slice(6)).to.deep.equal(['--max-time', '3', '-w', `%{time_total}${frame}`, 'x'])
  })

  it('keeps the frame where the other --write-out would come from a file', () => {
    expect(framed(['-w', '@format', 'x'], MARKER, LIMITS)).to.include(frame)
  })
})

describe('what curl printed', () => {
  it('is taken apart into status and body, byte for byte', () => {
    const { status, body, stdout, framed: found } = answer(`Hostname=echo\n\n${MARKER} 200\n`)
    expect({ status, body, stdout, found }).to.deep.equal({
      status: 200,
      body: 'Hostname=echo\n',
      stdout: 'Hostname=echo\n',
      found: true,
    })
  })

  it('may have no end of line of its own', () => {
    expect(answer(`RBAC: access denied\n${MARKER} 403\n`)).to.include({ status: 403, body: 'RBAC: access denied' })
  })

  it('has no status where no answer came', () => {
    expect(answer(`\n${MARKER} 000\n`, 56)).to.include({ status: undefined, body: '', framed: true })
  })

  it('is not framed where curl sent nothing, and a body that looks like a frame is none', () => {
    expect(answer('curl 8.11.1\n')).to.include({ status: undefined, framed: false })
    expect(answer(`deadbeef 200\n\n${MARKER} 404\n`)).to.include({ status: 404, body: 'deadbeef 200\n' })
  })

  it('keeps headers apart from the body, those of redirects too', () => {
    const head = 'HTTP/1.1 301 Moved\r\nLocation: /a\r\n\r\nHTTP/1.1 200 OK\r\nServer: x\r\n\r\n'
    expect(answer(`${head}body\n${MARKER} 200\n`)).to.include({ body: 'body', head: head.replaceAll('\r', '') })
  })
})
