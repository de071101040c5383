/**
 * The integration tier: this program and its sandbox against servers and clients that nobody here wrote.
 * Prepares each part, runs the tests, says what ran against what, and ends with `N passed, N failed`.
 */
import { globSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import Mocha from 'mocha'
import type { Part } from './support/part.ts'
import { allParts } from './support/parts.ts'

const say = (line: string): void => void process.stdout.write(`${line}\n`)
const seconds = (since: number): string => `${Math.round((performance.now() - since) / 1000)} s`

for (const part of allParts) {
  const since = performance.now()
  const outcome = await part.path().then(
    () => `ready after ${seconds(since)}`,
    error => `not to be had: ${error instanceof Error ? error.message : error}`,
  )
  say(`${part.name} ${part.version}: ${outcome}`)
}

const reporter = fileURLToPath(new URL('../reporter.mjs', import.meta.url))
const mocha = new Mocha({ reporter, timeout: 60_000 })
const here = fileURLToPath(new URL('.', import.meta.url))
// What looks back on the others' calls comes last.
const isLast = (file: string): number => Number(file.startsWith('last/'))
const files = globSync('**/*.test.ts', { cwd: here }).sort((a, b) => isLast(a) - isLast(b) || (a < b ? -1 : 1))
for (const file of files) mocha.addFile(`${here}${file}`)
await mocha.loadFilesAsync()
mocha.run(failures => {
  for (const part of allParts) say(summary(part))
  process.exitCode = failures === 0 ? 0 : 1
})

/** What ran against one part, and how it went. */
function summary({ name, version, suites }: Part): string {
  const states: Record<string, number> = {}
  for (const suite of suites) {
    suite.eachTest(test => {
      const state = test.state ?? 'skipped'
      states[state] = (states[state] ?? 0) + 1
    })
  }
  const counts = Object.entries(states).map(([state, count]) => `${count} ${state}`)
  const titles = suites.map(suite => `  ${suite.fullTitle()}`)
  return [`${name} ${version}: ${counts.join(', ') || 'nothing ran against it'}`, ...titles].join('\n')
}
