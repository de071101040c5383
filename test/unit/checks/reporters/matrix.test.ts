import { expect } from 'chai'
import { matrixLines, suiteLines } from '../../../../src/lib/checks/reporters/matrix.ts'
import { type CheckResult, summaryOf } from '../../../../src/lib/checks/result.ts'
import type { Paper } from '../../../../src/lib/ui/paper.ts'
import { resultFor } from '../results.ts'

const PLAIN: Paper = { columns: 60, unicode: true, paint: text => text }
const lines = (checks: readonly CheckResult[], options = PLAIN) =>
  matrixLines({ checks, summary: summaryOf(checks), ms: 2_000 }, options)

const failure = resultFor('eks-deny/ecs-to-eks', {
  expected: 'denied-l4',
  verdict: 'unreachable',
  pass: false,
  evidence: { why: 'curl 28: nothing answered in time: a closed security group, no route', layer: 'security-group' },
})
const POST = { request: 'curl -X POST echo-service.ecs.local:8080' }

describe('the matrix', () => {
  it('has a row for each source and a column for each target', () => {
    const checks = ['eks-to-eks', 'eks-to-ecs', 'ecs-to-eks', 'ecs-to-ecs', 'ecs-to-internet']
    expect(lines(checks.map(id => resultFor(`baseline/${id}`)))).to.deep.equal([
      'baseline: 5 of 5 as expected',
      '           eks/echo   ecs/echo   internet',
      'eks/shell  ✔ allowed  ✔ allowed  -',
      'ecs/shell  ✔ allowed  ✔ allowed  ✔ allowed',
      '',
      '5 checks: 5 passed, 0 failed, in 2.0 s',
    ])
  })

  it('has a row for each method where there are several', () => {
    const checks = [
      resultFor('post-only/ecs-to-ecs', { expected: 'denied-l7', verdict: 'denied-l7' }),
      resultFor('post-only/ecs-to-ecs-post', { ...POST, to: 'ecs/echo' }),
    ]
    expect(suiteLines('post-only', checks, PLAIN).slice(1)).to.deep.equal([
      '                ecs/echo',
      'ecs/shell GET   ✔ denied-l7',
      'ecs/shell POST  ✔ allowed',
    ])
  })

  it('gives a second check of the same kind a row of its own', () => {
    const checks = [resultFor('mine/ecs-to-ecs'), resultFor('mine/again', { from: 'ecs/shell', to: 'ecs/echo' })]
    expect(suiteLines('mine', checks, PLAIN).slice(2)).to.deep.equal(['ecs/shell  ✔ allowed', 'again      ✔ allowed'])
  })

  it('says below what failed, at which layer, and why', () => {
    expect(suiteLines('eks-deny', [failure], PLAIN)).to.deep.equal([
      'eks-deny: 0 of 1 as expected',
      '           eks/echo',
      'ecs/shell  ✘ unreachable',
      '✘ ecs-to-eks: expected denied-l4, came to unreachable',
      '    (security-group)',
      '    curl 28: nothing answered in time: a closed security',
      '    group, no route',
      '    curl eks',
    ])
  })

  it('says it of a check whose verdict is right and whose evidence is not', () => {
    const evidence = { why: 'allowed, but in plain text', layer: 'not-enrolled' } as const
    const text = suiteLines('s', [resultFor('s/ecs-to-eks', { pass: false, evidence })], PLAIN).join('\n')
    expect(text).to.contain('✘ ecs-to-eks: allowed (not-enrolled), but that is not')
  })

  for (const columns of [60, 80, 120]) {
    it(`fits into ${columns} columns`, () => {
      const checks = ['eks-to-eks', 'eks-to-ecs', 'eks-to-internet', 'eks-to-far', 'eks-to-farther'].map(id =>
        resultFor(`eks-deny/${id}`, { ...failure, id: `eks-deny/${id}`, to: id.replace('eks-to-', 'target/') }),
      )
      const shown = lines(checks, { ...PLAIN, columns })
      expect(shown.filter(line => line.length > columns)).to.deep.equal([])
      for (const { to } of checks) expect(shown.join('\n')).to.contain(to)
    })
  }

  it('can be read without any sign beyond ASCII, and without colour', () => {
    const text = lines([failure, resultFor('eks-deny/ecs-to-ecs')], { ...PLAIN, columns: 60, unicode: false }).join(
      '\n',
    )
    expect(text).to.match(/^[\x20-\x7e\n]*$/)
    expect(text).to.contain('NO unreachable')
    expect(text).to.contain('ok allowed')
  })

  it('is aligned by what is seen, not by the codes of its colours', () => {
    const paint = (text: string) => `\u001b[1m${text}\u001b[22m`
    const coloured = lines([failure, resultFor('eks-deny/eks-to-eks')], { ...PLAIN, paint })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes of colours begin with one
    const stripped = coloured.map(line => line.replace(/\u001b\[\d+m/g, ''))
    expect(stripped).to.deep.equal(lines([failure, resultFor('eks-deny/eks-to-eks')]))
  })
})
