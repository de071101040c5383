import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'chai'
import { loadSuites } from '../../../src/lib/checks/catalogue.ts'
import { lastFailed, lastRunFile, rememberFailed } from '../../../src/lib/checks/last-run.ts'
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

  it('is unknown before the first run', async () => {
    expect(await lastFailed(file)).to.equal(undefined)
  })

  it('is kept by suite, and what was not run again stays', async () => {
    await rememberFailed(file, await suites('baseline', 'eks-deny'), [
      resultFor('baseline/eks-to-eks', { pass: false }),
      resultFor('baseline/eks-to-ecs', { pass: false }),
      resultFor('eks-deny/eks-to-eks', { pass: true }),
    ])
    expect(Object.fromEntries((await lastFailed(file)) ?? [])).to.deep.equal({
      baseline: ['baseline/eks-to-eks', 'baseline/eks-to-ecs'],
    })
    await rememberFailed(file, await suites('baseline', 'eks-deny'), [
      resultFor('baseline/eks-to-eks', { pass: true }),
      resultFor('eks-deny/eks-to-eks', { pass: false }),
    ])
    expect(Object.fromEntries((await lastFailed(file)) ?? [])).to.deep.equal({
      baseline: ['baseline/eks-to-ecs'],
      'eks-deny': ['eks-deny/eks-to-eks'],
    })
    await rememberFailed(file, await suites('baseline', 'eks-deny'), [
      resultFor('baseline/eks-to-ecs', { pass: true }),
      resultFor('eks-deny/eks-to-eks', { pass: true }),
    ])
    expect((await lastFailed(file))?.size).to.equal(0)
  })

  it('leaves no half-written file behind, and one that is broken is only forgotten', async () => {
    await rememberFailed(file, await suites('baseline'), [resultFor('baseline/eks-to-eks', { pass: false })])
    expect(await readdir(dirname(file))).to.deep.equal(['us-east-1.ambient-ecs.json'])
    await writeFile(file, '{"failed": 3}')
    expect(await lastFailed(file)).to.equal(undefined)
  })
})
