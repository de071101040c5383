import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { pageOf } from '../src/lib/doctor/check.ts'
import { allChecks } from '../src/lib/doctor/checks/index.ts'
import { emptyPage, headOf, indexPage } from '../src/lib/doctor/pages.ts'

/** Brings the heads of docs/checks/*.md and their index in line with the catalogue; what is written by hand stays. */
const root = new URL('..', import.meta.url)
for (const check of allChecks) {
  const file = new URL(pageOf(check), root)
  const text = existsSync(file) ? readFileSync(file, 'utf8') : emptyPage(check)
  writeFileSync(file, `${headOf(check)}\n${text.slice(text.indexOf('## '))}`)
}
writeFileSync(new URL('docs/checks/README.md', root), indexPage(allChecks))
