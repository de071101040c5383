import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadSuites } from '../../../src/lib/checks/catalogue.ts'
import { summaryOf } from '../../../src/lib/checks/result.ts'
import { keepRun, lastRun, recordOf, runRecordFile } from '../../../src/lib/checks/run-record.ts'
import { places } from './fake-mesh.ts'
import { resultFor } from './results.ts'

describe('the record of the last run', () => {
  let directory: string
  let file: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'checks-'))
    file = runRecordFile(directory, 'us-east-1', 'ambient-ecs')
  })
  afterEach(() => rm(directory, { recursive: true }))

  const recorded = async (name: string, checks = [resultFor('eks-deny/eks-to-eks')]) => {
    const { suites, places: all } = await loadSuites([name], { directory, places })
    return recordOf({ checks, ms: 5, summary: summaryOf(checks) } as never, suites, all, Date.UTC(2026, 0, 2))
  }

  it('is unknown before the first run, and where it cannot be understood', async () => {
    expect(await lastRun(file)).to.equal(undefined)
    await keepRun(file, await recorded('eks-deny'))
    await writeFile(file, '{"at": 3}')
    expect(await lastRun(file)).to.equal(undefined)
  })

  it('is read as it was written: verdicts, evidence, what stood, and what stands behind the names', async () => {
    const evidence = {
      why: 'connection reset',
      curl: { exitCode: 56 },
      proof: { kind: 'log', policy: 'default/eks-echo-deny', line: 'a line' },
      policies: ['default/eks-echo-deny'],
    } as const
    const record = await recorded('eks-deny', [resultFor('eks-deny/eks-to-eks', { verdict: 'denied-l4', evidence })])
    await keepRun(file, record)
    expect(await lastRun(file)).to.deep.equal(record)
    expect(record.at).to.equal('2026-01-02T00:00:00.000Z')
    expect(record.suites).to.have.length(1)
    expect(record.suites[0]?.state).to.deep.equal({ policies: ['eks-deny'], waypoint: false })
    expect(record.places.map(({ name }) => name)).to.deep.equal(['eks/shell', 'eks/echo'])
    expect(record.places[0]?.workload).to.include({ kind: 'pod', namespace: 'default' })
  })

  it('keeps neither what curl printed nor what may be a secret in its arguments', async () => {
    const list = join(directory, 'own.txt')
    await writeFile(
      list,
      `-H 'Authorization: Bearer hush-1' -u me:hush-2 -bhush-3 -d hush-4 http://me:hush-5@eks-echo.default:8080/a\n`,
    )
    const { suites, places: all } = await loadSuites([list], { directory, places })
    const [check] = suites.flatMap(({ checks }) => checks)
    const result = resultFor(check?.id ?? '', { suite: 'own', request: check?.request ?? '', output: 'hush-6' })
    await keepRun(file, recordOf({ checks: [result], ms: 1 }, suites, all, 0))
    expect(check?.request).to.include('hush-1')
    const text = await readFile(file, 'utf8')
    expect(text).not.to.include('hush')
    expect(text).to.include('eks-echo.default:8080/a')
  })

  it('says why a run ended early', async () => {
    const { suites, places: all } = await loadSuites(['baseline'], { directory, places })
    const record = recordOf({ checks: [], ms: 1, aborted: { error: new Error('no agent') } }, suites, all, 0)
    expect(record).to.include({ aborted: 'no agent' })
    expect(record.suites).to.deep.equal([])
  })
})
