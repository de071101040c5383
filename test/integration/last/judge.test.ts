import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { execa } from 'execa'
import { nameOf, programOperations } from '../support/operations.ts'
import { parts } from '../support/parts.ts'
import { Program } from '../support/program.ts'
import { recordings } from '../support/recordings.ts'
import { Sandbox } from '../support/sandbox.ts'

const judge = fileURLToPath(new URL('../python/judge.py', import.meta.url))

interface Recorded {
  readonly service: string
  readonly operation: string
  readonly client: string
}

describe("botocore's service models and the sandbox", () => {
  let python: string

  before(async function () {
    python = await parts.python.need(this)
    const sandbox = await Sandbox.start()
    try {
      const program = new Program(sandbox.env)
      await program.run(['up', '--yes'])
      await program.run(['test', 'run', '--all'])
      await program.run(['status'])
      await program.run(['cleanup', '--yes'])
    } finally {
      await sandbox.stop()
    }
  })

  it('find nothing wrong with anything that the sandbox answered', async () => {
    const { stdout } = await execa(python, [judge, recordings])
    const { answers, problems } = JSON.parse(stdout) as { answers: number; problems: Record<string, number> }
    process.stdout.write(`      ${answers} answers of different forms judged\n`)
    expect(problems).to.deep.equal({})
    expect(answers).to.be.greaterThan(100)
  })

  it('have seen every call of the walkthrough', async () => {
    const seen = new Set<string>()
    for (const file of await readdir(recordings, { recursive: true })) {
      for (const line of (await readFile(join(recordings, file), 'utf8')).trimEnd().split('\n')) {
        const recorded = JSON.parse(line) as Recorded
        if (recorded.client.includes('ecs-ambient')) seen.add(nameOf(recorded))
      }
    }
    const known = (await programOperations()).map(nameOf)
    expect([...seen].filter(name => !known.includes(name))).to.deep.equal([])
    const unseen = known.filter(name => !seen.has(name))
    process.stdout.write(`      not asked of the sandbox in these runs: ${unseen.join(', ') || 'nothing'}\n`)
    expect(seen.size).to.be.greaterThan(40)
  })
})
