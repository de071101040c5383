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
`

/** A Markdown table in the form that the formatter keeps. */
function tableOf(rows: readonly (readonly string[])[]): string {
  const [head = [], ...body] = rows
  const widths = head.map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  const line = (row: readonly string[]) =>
    `| ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join(' | ')} |`
  const rule = `| ${widths.map(width => '-'.repeat(width)).join(' | ')} |`
  return [line(head), rule, ...body.map(line)].join('\n')
}

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
    const rows = operations.map(operation => {
      const name = nameOf(operation)
      return [name, coverage(operation), had.has(name) ? 'yes' : 'no']
    })
    table = `${HEAD}\n${tableOf([['operation', 'tested on', 'moto has it'], ...rows])}\n`
  })

  it('lists every call that was recorded', () => {
    const listed = operations.map(nameOf)
    expect(everyCall.map(nameOf).filter(name => !listed.includes(name))).to.deep.equal([])
  })

  it('is what docs/aws-calls.md says', async () => {
    if (process.argv.includes('--write')) await writeFile(PAGE, table)
    expect(await readFile(PAGE, 'utf8'), 'npm run test:integration -- --write').to.equal(table)
  })
})
