import { expect } from 'chai'
import { listLines } from '../../../../src/lib/checks/reporters/list.ts'
import { resultFor } from '../results.ts'

describe('a list', () => {
  it("is shown in the guide's form", () => {
    const at = '7121f914d8864596b14622ae1be8da61'
    const checks = [
      resultFor('l/1', { request: 'curl a:1', output: 'Hostname=a\nMethod=GET\n', evidence: { why: '', at } }),
      resultFor('l/2', { request: 'curl -X GET b:2', output: 'RBAC: access denied', evidence: { why: '', at } }),
    ]
    expect(listLines(checks)).to.deep.equal([
      `Using Task ID: ${at}`,
      '-----',
      'Running command: curl a:1',
      'Hostname=a',
      'Method=GET',
      '-----',
      'Running command: curl -X GET b:2',
      'RBAC: access denied',
    ])
  })

  it('names no task where no command ran', () => {
    expect(listLines([resultFor('l/1', { request: 'curl a', output: 'no RUNNING task' })])).to.deep.equal([
      '-----',
      'Running command: curl a',
      'no RUNNING task',
    ])
  })
})
