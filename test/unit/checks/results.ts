import type { CheckResult } from '../../../src/lib/checks/result.ts'

/** A result by its whole id; what a test is not about is a pass. */
export function resultFor(id: string, more: Partial<CheckResult> = {}): CheckResult {
  const [suite = '', own = ''] = id.split('/')
  const [from = '', to = ''] = own.split('-to-')
  return {
    id,
    suite,
    from: `${from}/shell`,
    to: to === 'internet' ? to : `${to}/echo`,
    request: `curl ${to}`,
    expected: 'allowed',
    verdict: 'allowed',
    pass: true,
    attempts: 2,
    ms: 1234,
    evidence: { why: 'HTTP 200' },
    ...more,
  }
}
