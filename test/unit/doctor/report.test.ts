import { expect } from 'chai'
import type { Examination } from '../../../src/lib/doctor/index.ts'
import { shortLines, tableLines } from '../../../src/lib/doctor/report.ts'

const FIX =
  'aws service-quotas request-service-quota-increase --service-code vpc --quota-code L-F678F1CE --desired-value 6'

const EXAMINATION: Examination = {
  checks: [
    { code: 'EA1001', title: 'Node', area: 'machine', state: 'ok', why: 'Node 24', page: 'p1', ms: 1 },
    {
      code: 'EA1151',
      title: 'Room for a VPC',
      area: 'quotas',
      state: 'failed',
      why: '5 of 5 VPCs are in use, 1 more are needed',
      fix: FIX,
      page: 'p2',
      ms: 1,
    },
    { code: 'EA1352', title: 'Resolves', area: 'gateway', state: 'not-applicable', why: 'none', page: 'p3', ms: 1 },
    { code: 'EA1602', title: 'Way out', area: 'network', state: 'warning', why: 'no answer', page: 'p4', ms: 1 },
  ],
  summary: { ok: 1, warnings: 1, failed: 1, notApplicable: 1 },
}

const plain = { columns: 30, unicode: false, paint: (text: string) => text }

describe("doctor's report", () => {
  it('shows every check under its area, readable without colour and without unicode', () => {
    const lines = tableLines(EXAMINATION, plain)
    expect(lines.slice(0, 3)).to.deep.equal(['machine', 'ok EA1001 Node', '   Node 24'])
    expect(lines).to.include.members(['xx EA1151 Room for a VPC', '-- EA1352 Resolves', '!! EA1602 Way out'])
    expect(lines.at(-1)).to.equal('1 ok, 1 warning, 1 failed, 1 not applicable')
    expect(lines.join('')).to.match(/^[ -~]*$/)
  })

  it('folds what is read, and leaves whole what is copied', () => {
    const lines = shortLines(EXAMINATION, plain)
    expect(lines).to.deep.equal([
      'xx EA1151 Room for a VPC',
      '   5 of 5 VPCs are in use, 1',
      '   more are needed',
      `   fix: ${FIX}`,
      '   see: p2',
      '!! EA1602 Way out',
      '   no answer',
      '   see: p4',
      '1 ok, 1 warning, 1 failed, 1 not applicable',
    ])
  })
})
