import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

/** Writes docs/reference by oclif, from the built commands. */
const root = fileURLToPath(new URL('..', import.meta.url))
const folder = 'docs/reference'
const page = `${folder}/README.md`
const run = (file: string, ...args: string[]) =>
  execFileSync(process.execPath, [`${root}node_modules/${file}`, ...args], { cwd: root, stdio: 'inherit' })

rmSync(`${root}${folder}`, { recursive: true, force: true })
rmSync(`${root}dist`, { recursive: true, force: true })
run('typescript/bin/tsc', '-p', 'tsconfig.build.json')
mkdirSync(`${root}${folder}`, { recursive: true })
writeFileSync(`${root}${page}`, '# Command reference\n\n<!-- commands -->\n<!-- commandsstop -->\n')
run('oclif/bin/run.js', 'readme', '--multi', '--output-dir', folder, '--readme-path', page, '--no-source-links')

// oclif writes links from the root of the repository; the page stands beside those that it links to.
const text = readFileSync(`${root}${page}`, 'utf8')
writeFileSync(`${root}${page}`, text.replaceAll(`](${folder}/`, ']('))
