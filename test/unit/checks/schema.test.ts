import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parseSuite } from '../../../src/lib/checks/suite.ts'
import { suiteJsonSchema } from '../../../src/lib/checks/suite-schema.ts'
import { places } from './fake-mesh.ts'

describe('docs/suite.schema.json', () => {
  it('is what scripts/write-schema.ts makes of the schema', () => {
    const written: unknown = JSON.parse(
      readFileSync(new URL('../../../docs/suite.schema.json', import.meta.url), 'utf8'),
    )
    expect(written).to.deep.equal(JSON.parse(JSON.stringify(suiteJsonSchema())))
  })
})

describe('docs/checks.md', () => {
  it('shows a suite that can be run', () => {
    const page = readFileSync(new URL('../../../docs/checks.md', import.meta.url), 'utf8')
    const [, example = ''] = /```yaml\n([\s\S]*?)```/.exec(page) ?? []
    const { suite } = parseSuite(example, 'example.yaml', places)
    expect(suite.checks.map(({ request }) => request)).to.deep.equal([
      'curl cart.shop:8080',
      "curl -X POST -H 'Content-Type: application/json' -d {} cart.shop:8080/items",
    ])
  })
})
