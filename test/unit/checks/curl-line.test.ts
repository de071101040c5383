import { expect } from 'chai'
import { curlCommand, curlLines } from '../../../src/lib/checks/curl-line.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'

const args = (line: string) => curlLines(line, 'list.txt').map(({ args }) => args)

describe('a curl line', () => {
  const cases: readonly (readonly [line: string, args: readonly string[]])[] = [
    ['eks-echo.default:8080', ['eks-echo.default:8080']],
    ['-X POST  echo-service.ecs.local:8080', ['-X', 'POST', 'echo-service.ecs.local:8080']],
    [`-H "X-Name: a b" 'http://x/?q=1 2'`, ['-H', 'X-Name: a b', 'http://x/?q=1 2']],
    [`-d '{"a": "it\\"s"}' x`, ['-d', '{"a": "it\\"s"}', 'x']],
    ['x; rm -rf /', ['x;', 'rm', '-rf', '/']],
    ['x $(id) `id` $HOME *', ['x', '$(id)', '`id`', '$HOME', '*']],
    ['x && y | z > f', ['x', '&&', 'y', '|', 'z', '>', 'f']],
    ['x # not a comment', ['x', '#', 'not', 'a', 'comment']],
    ['-H "" x', ['-H', '', 'x']],
  ]
  for (const [line, expected] of cases) {
    it(`is split as a shell would, and nothing more: ${line}`, () => {
      expect(args(line)).to.deep.equal([expected])
    })
  }

  it('may end in a carriage return, and blank lines and comments are skipped, but counted', () => {
    expect(curlLines('# first\r\n\r\n  a:1 \r\n\t\r\nb:2', 'list.txt')).to.deep.equal([
      { line: 3, args: ['a:1'] },
      { line: 5, args: ['b:2'] },
    ])
  })

  for (const line of ['-H "open', "-d 'open", "it's"]) {
    it(`is refused with file and line where a quote is open: ${line}`, () => {
      expect(() => curlLines(`a\n${line}\n`, 'tests/mine.txt'))
        .to.throw(Failure, 'tests/mine.txt, line 2')
        .that.includes({ code: 'CURL_LINE_INVALID', exit: 2 })
    })
  }

  it('is shown so that a shell splits it into the same arguments', () => {
    const tricky = ['-H', 'X: a b', '-d', '{"a":"it\'s"}', '$(id)', 'x;y', '']
    const shown = curlCommand(tricky)
    expect(curlLines(shown, 'x')[0]?.args).to.deep.equal(['curl', ...tricky])
    expect(curlCommand(['-X', 'POST', 'echo-service.ecs.local:8080'])).to.equal(
      'curl -X POST echo-service.ecs.local:8080',
    )
  })
})
