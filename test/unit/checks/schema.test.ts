import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { suiteJsonSchema } from '../../../src/lib/checks/suite-schema.ts'

describe('docs/suite.schema.json', () => {
  it('is what scripts/write-schema.ts makes of the schema', () => {
    const written: unknown = JSON.parse(
      readFileSync(new URL('../../../docs/suite.schema.json', import.meta.url), 'utf8'),
    )
    expect(written).to.deep.equal(JSON.parse(JSON.stringify(suiteJsonSchema())))
  })
})
