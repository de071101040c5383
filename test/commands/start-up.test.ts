import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { cli } from '../support/cli.ts'

const HOOKS = fileURLToPath(new URL('../support/loaded-modules.mjs', import.meta.url))
const HEAVY = /node_modules\/(@aws-sdk|@smithy|@kubernetes|listr2|execa|zod)\//

describe('starting up', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const loadedBy = async (args: string[]) => {
    const file = join(directory, 'modules')
    const result = await cli(args, { nodeArguments: ['--import', HOOKS], env: { LOADED_MODULES: file } })
    return { ...result, modules: readFileSync(file, 'utf8').split('\n') }
  }

  for (const args of [['--version'], ['--help'], ['ecs', '--help'], ['up', '--help'], ['test', 'run', '--help']]) {
    it(`${args.join(' ')} loads no AWS, Kubernetes, listr2, execa or zod code`, async () => {
      const { code, modules } = await loadedBy(args)
      expect(code).to.equal(0)
      expect(modules.filter(url => url.includes('@oclif/core'))).not.to.deep.equal([])
      expect(modules.filter(url => HEAVY.test(url))).to.deep.equal([])
    })
  }

  it('a command that needs the configuration does load it', async () => {
    const { modules } = await loadedBy(['iam', 'ensure', '--region', 'nowhere'])
    expect(modules.filter(url => HEAVY.test(url))).not.to.deep.equal([])
  })
})

describe('a reader that has gone', () => {
  for (const [args, exit] of [
    [['--help'], 0],
    [['iam', 'ensure', '--region', 'nowhere', '--json'], 2],
  ] as const) {
    it(`is no crash of ${args.join(' ')}: exit ${exit}`, async () => {
      const { code, stderr } = await cli(args, { watch: child => child.stdout?.destroy() })
      expect(code, stderr).to.equal(exit)
      expect(stderr).not.to.include('Warning')
    })
  }
})

describe('wrong use', () => {
  const table: readonly [name: string, args: string[], words: string[]][] = [
    ['an unknown command', ['iam', 'ensur'], ['iam ensure']],
    ['an unknown command of a topic', ['ecs', 'zzz'], ['ecs-ambient ecs --help']],
    ['an unknown flag', ['iam', 'ensure', '--bogus'], ['--bogus', 'ecs-ambient iam ensure --help']],
    ['a flag that is misspelt', ['up', '--untill', 'iam'], ['--untill', 'Was --until meant?']],
    ['two flags that exclude each other', ['test', 'run', '--all', '--failed'], ['--failed cannot', '--all']],
    ['a flag without its value', ['status', '--region'], ['--region']],
    ['an argument too many', ['status', 'now'], ['"status" takes no argument "now"', 'ecs-ambient status --help']],
    ['an argument too many of a topic', ['policy', 'list', 'x'], ['no argument "x"', 'ecs-ambient policy list --help']],
    ['a missing argument', ['istio', 'unpack'], ['required arg: archive', 'ecs-ambient istio unpack --help']],
    ['an unknown region', ['status', '--region', 'us-esat-1'], ['us-esat-1', 'us-east-1', '--region']],
    ['a config file that is not there', ['status', '--config', 'nowhere.yaml'], ['nowhere.yaml']],
    ['a question that cannot be asked', ['up'], ['--yes']],
    ['a deletion that cannot be confirmed', ['iam', 'delete'], ['--yes']],
    ['a cleanup that cannot be confirmed', ['cleanup'], ['--yes']],
    ['an unknown step', ['up', '--yes', '--until', 'istoi'], ['istoi', 'cluster', 'enroll']],
  ]
  for (const [name, args, words] of table) {
    it(`${name} exits 2 and says what to do, also as JSON`, async () => {
      const [plain, json] = await Promise.all([cli(args), cli([...args, '--json'])])
      expect(plain.code).to.equal(2)
      expect(plain.stdout).to.equal('')
      expect(plain.stderr).to.match(/^Error \([A-Z_]+\): /)
      for (const word of words) expect(plain.stderr).to.include(word)
      expect(json.code).to.equal(2)
      const { ok, error, warnings } = json.json()
      expect(ok).to.equal(false)
      expect(error).to.include({ exitCode: 2 })
      expect(error.code).to.match(/^[A-Z_]+$/)
      expect(warnings).to.deep.equal([])
    })
  }

  it('shows no stack without --verbose, and one with it', async () => {
    const [plain, verbose] = await Promise.all([
      cli(['iam', 'ensure', '--bogus']),
      cli(['iam', 'ensure', '--bogus', '--verbose']),
    ])
    expect(plain.stderr).not.to.match(/^\s+at /m)
    expect(verbose.stderr).to.match(/^\s+at /m)
  })
})
