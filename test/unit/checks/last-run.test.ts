import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { loadSuites } from '../../../src/lib/checks/catalogue.ts'
import { lastRun, lastRunFile, rememberRun, repeating } from '../../../src/lib/checks/last-run.ts'
import { places } from './fake-mesh.ts'
import { resultFor } from './results.ts'

describe('what failed last', () => {
  let directory: string
  let file: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'checks-'))
    file = lastRunFile(directory, 'us-east-1', 'ambient-ecs')
  })
  afterEach(() => rm(directory, { recursive: true }))

  const suites = async (...names: string[]) => (await loadSuites(names, { directory, places })).suites

  const failed = async () => Object.fromEntries((await lastRun(file))?.failed ?? [])
  const bad = (id: string) => resultFor(id, { pass: false })
  const good = (id: string) => resultFor(id, { pass: true })
  const plain = { asIs: false }

  it('is unknown before the first run', async () => {
    expect(await lastRun(file)).to.equal(undefined)
  })

  it('is of the last run alone: what failed in an earlier one is forgotten', async () => {
    await rememberRun(file, await suites('baseline'), [bad('baseline/eks-to-eks')], plain)
    const results = [good('eks-deny/eks-to-eks'), bad('eks-deny/eks-to-ecs')]
    await rememberRun(file, await suites('eks-deny'), results, plain)
    expect(await failed()).to.deep.equal({ 'eks-deny': ['eks-deny/eks-to-ecs'] })
    await rememberRun(file, await suites('baseline'), [good('baseline/eks-to-eks')], plain)
    expect(await failed()).to.deep.equal({})
  })

  it('stays as it was where a run finished nothing', async () => {
    await rememberRun(file, await suites('baseline'), [bad('baseline/eks-to-eks')], plain)
    await rememberRun(file, await suites('eks-deny'), [], plain)
    expect(await failed()).to.deep.equal({ baseline: ['baseline/eks-to-eks'] })
  })

  it('keeps what a repetition did not come to', async () => {
    const both = await suites('baseline', 'eks-deny')
    const ids = ['baseline/eks-to-eks', 'baseline/eks-to-ecs', 'eks-deny/eks-to-eks']
    await rememberRun(file, both, ids.map(bad), plain)
    const results = [good('baseline/eks-to-eks'), bad('baseline/eks-to-ecs')]
    await rememberRun(file, await suites('baseline'), results, plain, await lastRun(file))
    expect(await failed()).to.deep.equal({ baseline: ['baseline/eks-to-ecs'], 'eks-deny': ['eks-deny/eks-to-eks'] })
  })

  it('is repeated as it ran, save what is said anew', async () => {
    const options = { asIs: true, expect: 'denied-l4', evidence: 'strict' } as const
    await rememberRun(file, await suites('ecs-to-eks'), [bad('ecs-to-eks/1')], options)
    const last = await lastRun(file)
    if (!last) throw new Error('nothing is known')
    expect(last).to.deep.include(options)
    expect(repeating({ asIs: false }, last)).to.deep.equal(options)
    expect(repeating({ expect: 'allowed', evidence: 'off' }, last)).to.include({ expect: 'allowed', evidence: 'off' })
  })

  it('is read as an earlier version wrote it, leaves no half of a file behind, and is only forgotten where it is broken', async () => {
    await rememberRun(file, await suites('baseline'), [bad('baseline/eks-to-eks')], plain)
    expect(await readdir(dirname(file))).to.deep.equal(['us-east-1.ambient-ecs.json'])
    await writeFile(file, '{"failed": {"baseline": ["baseline/eks-to-eks"]}}')
    expect(await lastRun(file)).to.deep.include({ asIs: false })
    await writeFile(file, '{"failed": 3}')
    expect(await lastRun(file)).to.equal(undefined)
  })
})
