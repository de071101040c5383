import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { suiteJsonSchema } from '../src/lib/checks/suite-schema.ts'

/** Writes docs/suite.schema.json, by which editors complete and check suite files. */
const file = fileURLToPath(new URL('../docs/suite.schema.json', import.meta.url))
writeFileSync(file, JSON.stringify(suiteJsonSchema()))
execFileSync('biome', ['format', '--write', file])
