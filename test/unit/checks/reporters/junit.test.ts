import { expect } from 'chai'
import { junitXml } from '../../../../src/lib/checks/reporters/junit.ts'
import { Failure } from '../../../../src/lib/engine/failure.ts'
import { resultFor } from '../results.ts'

describe('the JUnit report', () => {
  it('has a suite for each suite, a case for each check, and counts them', () => {
    const xml = junitXml({
      checks: [
        resultFor('baseline/eks-to-eks'),
        resultFor('eks-deny/ecs-to-eks', {
          expected: 'denied-l4',
          verdict: 'unreachable',
          pass: false,
          evidence: { why: 'curl 28', layer: 'security-group' },
        }),
      ],
      ms: 61_000,
    })
    expect(xml).to.equal(`<?xml version="1.0" encoding="UTF-8"?>
<testsuites name="ecs-ambient" tests="2" failures="1" errors="0" time="61.000">
  <testsuite name="baseline" tests="1" failures="0" errors="0" time="1.234">
    <testcase classname="baseline" name="eks-to-eks: eks/shell to eks/echo" time="1.234"/>
  </testsuite>
  <testsuite name="eks-deny" tests="1" failures="1" errors="0" time="1.234">
    <testcase classname="eks-deny" name="ecs-to-eks: ecs/shell to eks/echo" time="1.234">
      <failure message="expected denied-l4, came to unreachable (security-group)" type="unreachable">curl 28
curl eks</failure>
    </testcase>
  </testsuite>
</testsuites>
`)
  })

  it('escapes what XML would take for its own, and leaves out what it can not hold', () => {
    const why = `<a href="x">&'\u0000\u001b[31m\ufffe`
    const xml = junitXml({ checks: [resultFor('s/ecs-to-eks', { pass: false, evidence: { why } })], ms: 0 })
    expect(xml).to.contain('&lt;a href=&quot;x&quot;&gt;&amp;&apos;[31m\ncurl eks</failure>')
  })

  it('fails a case of its own where the run ended early, so that it is never green', () => {
    const error = new Failure({ code: 'CLUSTER_MISSING', message: 'There is no EKS cluster x.', why: ['a', 'b'] })
    const xml = junitXml({ checks: [], ms: 0, aborted: { error } })
    expect(xml).to.contain('<testsuites name="ecs-ambient" tests="1" failures="0" errors="1"')
    expect(xml).to.contain('<error message="There is no EKS cluster x." type="CLUSTER_MISSING">a\nb</error>')
    expect(junitXml({ checks: [], ms: 0, aborted: { suite: 'eks-deny', error: 'odd' } })).to.contain(
      '<testcase classname="eks-deny" name="the run came to its end">',
    )
  })
})
