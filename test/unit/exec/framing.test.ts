import { execFile } from 'node:child_process'
import { expect } from 'chai'
import { Bash } from 'just-bash'
import { split } from 'shlex'
import { Failure } from '../../../src/lib/engine/failure.ts'
import {
  type Argv,
  batches,
  ExitMark,
  FramingParser,
  framedCommand,
  interactiveCommand,
  MAX_SCRIPT,
  newSentinel,
} from '../../../src/lib/exec/framing.ts'
import { seeded } from '../../../src/sandbox/channel/behaviour.ts'

type Shell = (argv: readonly string[]) => Promise<Buffer>

const shells: Readonly<Record<string, Shell>> = {
  'the sh of this machine': ([file = '', ...args]) =>
    new Promise((resolve, reject) =>
      execFile(file, args, { encoding: 'buffer', maxBuffer: 1 << 28 }, (error, stdout) =>
        error && typeof error.code !== 'number' ? reject(error) : resolve(stdout),
      ),
    ),
  'a simulated shell': async argv =>
    Buffer.from((await new Bash({ defenseInDepth: false }).exec(argv.at(-1) ?? '')).stdout),
}

interface Outcome {
  readonly exitCode: number | undefined
  readonly stdout: string
  readonly stderr: string
}

/** What the parser makes of what a terminal showed, when it comes in pieces of these sizes. */
function parse(shown: Buffer, sentinel: string, count: number, size: () => number): readonly Outcome[] {
  const parser = new FramingParser(sentinel, count)
  const results = Array.from({ length: count }, () => ({
    exitCode: undefined as number | undefined,
    stdout: Buffer.alloc(0),
    stderr: Buffer.alloc(0),
  }))
  for (let from = 0; from < shown.length; ) {
    const to = from + Math.max(1, size())
    for (const event of parser.push(shown.subarray(from, to))) {
      const result = 'index' in event ? results[event.index] : undefined
      if (!result) continue
      if (event.kind === 'end') result.exitCode = event.exitCode
      if (event.kind === 'stdout' || event.kind === 'stderr') {
        result[event.kind] = Buffer.concat([result[event.kind], event.data])
      }
    }
    from = to
  }
  return results.map(({ exitCode, stdout, stderr }) => ({
    exitCode,
    stdout: stdout.toString(),
    stderr: stderr.toString(),
  }))
}

async function run(shell: Shell, commands: readonly Argv[]): Promise<readonly Outcome[]> {
  const sentinel = newSentinel()
  return parse(await shell(split(framedCommand(commands, sentinel))), sentinel, commands.length, () => 1 << 20)
}

const sh = (script: string): Argv => ['sh', '-c', script]

describe('framing', () => {
  for (const [name, shell] of Object.entries(shells)) {
    describe(`in ${name}`, () => {
      it('brings exit codes through', async () => {
        const codes = [0, 1, 2, 7, 126, 127, 137]
        const results = await run(
          shell,
          codes.map(code => sh(`exit ${code}`)),
        )
        expect(results.map(result => result.exitCode)).to.deep.equal(codes)
      })

      it('keeps stdout and stderr apart', async () => {
        expect(await run(shell, [sh('echo out; echo err >&2; exit 3')])).to.deep.equal([
          { exitCode: 3, stdout: 'out\n', stderr: 'err\n' },
        ])
      })

      it('keeps many commands apart, also when one is missing or ends its shell', async () => {
        const results = await run(shell, [['echo', '1'], ['no-such-program'], ['exit', '5'], ['echo', '2']])
        expect(results.map(({ exitCode, stdout }) => ({ exitCode, stdout }))).to.deep.equal([
          { exitCode: 0, stdout: '1\n' },
          { exitCode: 127, stdout: '' },
          { exitCode: 5, stdout: '' },
          { exitCode: 0, stdout: '2\n' },
        ])
      })

      it('hands words over as they are: nothing in them is expanded', async () => {
        const odd = [
          '$HOME',
          '`id`',
          '$(id)',
          '; exit 9',
          "it's",
          '"',
          '\\',
          '*',
          '#no comment',
          'a\nb',
          '',
          '-n',
          'zoë ⛵',
        ]
        const [result] = await run(shell, [['printf', '%s|', ...odd]])
        expect(result?.stdout).to.equal(odd.map(word => `${word}|`).join(''))
      })

      it('gives commands an empty stdin', async () => {
        expect((await run(shell, [['cat'], ['echo', 'after']])).map(r => r.stdout)).to.deep.equal(['', 'after\n'])
      })

      it('brings output without a newline at its end, and none', async () => {
        const results = await run(shell, [['printf', 'x'], ['true']])
        expect(results.map(r => r.stdout)).to.deep.equal(['x', ''])
      })
    })
  }

  it('brings bytes through that are no text', async () => {
    const sentinel = newSentinel()
    const shell = shells['the sh of this machine']
    const shown = await shell?.(split(framedCommand([['printf', '\\377\\376\\000\\303']], sentinel)))
    const events = new FramingParser(sentinel, 1).push(shown ?? Buffer.alloc(0))
    const data = events.flatMap(event => (event.kind === 'stdout' ? event.data : []))
    expect(Buffer.concat(data).toString('hex')).to.equal('fffe00c3')
  })

  it('brings the code of a command that was killed', async () => {
    const shell = shells['the sh of this machine']
    if (!shell) throw new Error('no shell')
    expect((await run(shell, [sh('kill -9 $$')]))[0]?.exitCode).to.equal(137)
  })

  it('says so where the container has no base64', async () => {
    const [file = '', ...args] = split(framedCommand([['true']], 'ea-sentinel'))
    const shown = await new Promise<Buffer>(resolve =>
      execFile(`/bin/${file}`, args, { encoding: 'buffer', env: { PATH: '/nowhere' } }, (_error, stdout) =>
        resolve(stdout),
      ),
    )
    expect(() => new FramingParser('ea-sentinel', 1).push(shown)).to.throw(Failure, 'no base64')
  })

  describe('the parser', () => {
    const sentinel = 'ea-0123456789abcdef'
    const plain = [
      'banner of something\n',
      `${sentinel} begin 0\n`,
      'aGVsbG8gd29ybGQK\n',
      `${sentinel} err\n`,
      'w7bDpMO8IOKbtQo=\n',
      `${sentinel} end 0 7\n`,
      'noise ⛵ between\n',
      `${sentinel} begin 1\n`,
      `${sentinel} err\n`,
      `${sentinel} end 1 0\n`,
      `${sentinel} done\n`,
    ].join('')
    const expected = [
      { exitCode: 7, stdout: 'hello world\n', stderr: 'öäü ⛵\n' },
      { exitCode: 0, stdout: '', stderr: '' },
    ]

    it('finds everything wherever the output is cut, with the line ends of a terminal', () => {
      const random = seeded(3)
      const shown = Buffer.from(plain.replaceAll('\n', '\r\n'))
      for (let i = 0; i < 300; i++) {
        const size = i === 0 ? () => 1 : () => Math.floor(random() * 40)
        expect(parse(shown, sentinel, 2, size)).to.deep.equal(expected)
      }
    })

    it('passes over an echo of the script', () => {
      const echo = `$ ${framedCommand([['true'], ['false']], sentinel)}\r\n`
      expect(echo).not.to.include(sentinel)
      expect(parse(Buffer.from(echo + plain), sentinel, 2, () => 50)).to.deep.equal(expected)
    })

    it('finds a sentinel that stands behind something else on its line', () => {
      expect(parse(Buffer.from(`no newline${plain}`), sentinel, 2, () => 50)).to.deep.equal(expected)
    })

    it('passes over what another program writes to the terminal amid the data', () => {
      const noisy = plain.replace('aGVs', '[1]+ Done  x &\nkernel: oops!\naGVs')
      expect(parse(Buffer.from(noisy), sentinel, 2, () => 50)).to.deep.equal(expected)
    })

    for (const [what, line] of Object.entries({
      'an exit code that is none': 'end 0 x',
      'no exit code': 'end 0',
      'an exit code beyond 255': 'end 0 300',
      'a command that does not exist': 'begin 9',
    })) {
      it(`refuses ${what}`, () => {
        expect(() => new FramingParser(sentinel, 2).push(Buffer.from(`${sentinel} ${line}\n`))).to.throw(Failure)
      })
    }

    it('refuses a line without end rather than to keep it', () => {
      const parser = new FramingParser(sentinel, 1)
      expect(() => {
        for (let i = 0; i < 100; i++) parser.push(Buffer.alloc(65_536, 'x'))
      }).to.throw(Failure, 'does not allow')
    })
  })

  describe('at a terminal', () => {
    const marked = (pieces: readonly string[]) => {
      const mark = new ExitMark('ea-sentinel')
      const shown = pieces.map(piece => mark.push(Buffer.from(piece)).toString())
      return { shown: shown.join(''), exitCode: mark.exitCode }
    }

    it('finds the exit code wherever the output is cut, and takes the mark out', () => {
      const output = '$ exit 7\r\nea-sentinel 7.'
      for (let cut = 0; cut < output.length; cut++) {
        const result = marked([output.slice(0, cut), output.slice(cut)])
        expect(result).to.deep.equal({ shown: '$ exit 7\r\n', exitCode: 7 })
      }
    })

    it('shows at once what can not be the mark', () => {
      expect(marked(['ea-', 'sent', 'imental'])).to.deep.equal({ shown: 'ea-sentimental', exitCode: undefined })
      expect(new ExitMark('ea-sentinel').push(Buffer.from('$ ')).toString()).to.equal('$ ')
    })

    it('is a script that runs the command and then prints the mark', async () => {
      const [file = '', ...args] = split(
        interactiveCommand(['sh', '-c', 'echo "$1"; exit 3', 'sh', "it's"], 'ea-sentinel'),
      )
      const shown = await new Promise<Buffer>(resolve =>
        execFile(file, args, { encoding: 'buffer' }, (_error, stdout) => resolve(stdout)),
      )
      expect(marked([shown.toString()])).to.deep.equal({ shown: "it's\n", exitCode: 3 })
    })
  })

  it('puts as many commands into a session as fit, in order', () => {
    const commands = Array.from({ length: 300 }, (_, i) => ['curl', '-sS', `http://host-${i}.example/it's`])
    const parts = batches(commands)
    expect(parts.flat()).to.deep.equal(commands)
    expect(parts.length).to.be.within(2, 10)
    for (const part of parts) expect(framedCommand(part, newSentinel()).length).to.be.below(MAX_SCRIPT + 1200)
  })

  it('gives a command that is longer than a session a session of its own', () => {
    const long = ['echo', 'x'.repeat(3 * MAX_SCRIPT)]
    expect(batches([['true'], long, ['true']])).to.deep.equal([[['true']], [long], [['true']]])
  })

  for (const argv of [[], [''], ['echo', 'a\0b']]) {
    it(`refuses the command ${JSON.stringify(argv)} as wrong use`, () => {
      expect(() => framedCommand([argv], newSentinel()))
        .to.throw(Failure)
        .that.includes({ code: 'EXEC_BAD_COMMAND', exit: 2 })
    })
  }
})
