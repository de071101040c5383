import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { everyCall } from '../support/aws-proxy.ts'
import { inMoto, inSandbox, nameOf, type Operation, programOperations } from '../support/operations.ts'
import { parts } from '../support/parts.ts'

const PAGE = fileURLToPath(new URL('../../../docs/aws-calls.md', import.meta.url))

const HEAD = `# AWS calls

Every AWS operation that the program asks for, and which other implementation than AWS the tests ask it of: moto, the
sandbox only, or neither. \`npm run test:integration -- --write\` writes this page from the calls that it recorded.

| operation | tested on | moto has it |
| --- | --- | --- |
`

/** Stands on the calls that the tests on moto made before. */
describe('the table of AWS calls', () => {
  let table: string
  let operations: readonly Operation[]

  before(async function () {
    const python = await parts.moto.need(this)
    operations = await programOperations()
    const had = new Set((await inMoto(python, operations)).map(nameOf))
    const answered = new Set(everyCall.filter(({ known }) => known).map(nameOf))
    const coverage = (operation: Operation): string => {
      if (answered.has(nameOf(operation))) return 'moto'
      return inSandbox(operation) ? 'the sandbox only' : 'neither'
    }
    const rows = operations.map(
      operation => `| ${nameOf(operation)} | ${coverage(operation)} | ${had.has(nameOf(operation)) ? 'yes' : 'no'} |`,
    )
    table = `${HEAD}${rows.join('\n')}\n`
  })

  it('lists every call that was recorded', () => {
    const listed = operations.map(nameOf)
    expect(everyCall.map(nameOf).filter(name => !listed.includes(name))).to.deep.equal([])
  })

  it('is what docs/aws-calls.md says', async () => {
    if (process.argv.includes('--write')) await writeFile(PAGE, table)
    expect(await readFile(PAGE, 'utf8')).to.equal(table)
  })
})
