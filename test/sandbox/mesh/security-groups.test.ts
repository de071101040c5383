import { expect } from 'chai'
import { type GroupRules, mayConnect, mayLeave, type Permission } from '../../../src/sandbox/mesh/security-groups.ts'

const from = { address: '10.0.0.1', groupIds: ['sg-a', 'sg-b'] }
const to = { address: '10.0.1.1', groupIds: ['sg-c'] }
const everything: Permission = { IpProtocol: '-1', IpRanges: [{ CidrIp: '0.0.0.0/0' }] }

const connects = (into: readonly Permission[], out: readonly Permission[] = [everything], port = 15008): boolean => {
  const rules: Record<string, GroupRules> = { 'sg-b': { IpPermissionsEgress: out }, 'sg-c': { IpPermissions: into } }
  return mayConnect(from, to, port, id => rules[id])
}

const tcp = (FromPort: number, ToPort: number, more: Permission): Permission => ({
  IpProtocol: 'tcp',
  FromPort,
  ToPort,
  ...more,
})
const ofGroup = (GroupId: string): Permission => ({ UserIdGroupPairs: [{ GroupId }] })
const ofBlock = (CidrIp: string): Permission => ({ IpRanges: [{ CidrIp }] })

describe('security groups', () => {
  const rows: readonly (readonly [what: string, into: readonly Permission[], allowed: boolean])[] = [
    ['nothing is let in without a rule', [], false],
    ['everything', [everything], true],
    ['the port, from the group', [tcp(15008, 15008, ofGroup('sg-a'))], true],
    ['from any of its groups', [tcp(15008, 15008, ofGroup('sg-b'))], true],
    ['from another group', [tcp(15008, 15008, ofGroup('sg-x'))], false],
    ['another port', [tcp(8080, 8080, ofGroup('sg-a'))], false],
    ['a range', [tcp(15000, 15010, ofBlock('10.0.0.0/24'))], true],
    ['a range beside it', [tcp(15009, 15010, ofBlock('10.0.0.0/24'))], false],
    ['another block', [tcp(15008, 15008, ofBlock('10.0.1.0/24'))], false],
    ['all ports of TCP', [tcp(-1, -1, ofBlock('10.0.0.1/32'))], true],
    ['TCP by its number', [{ ...tcp(15008, 15008, ofGroup('sg-a')), IpProtocol: '6' }], true],
    ['UDP', [{ ...tcp(15008, 15008, ofGroup('sg-a')), IpProtocol: 'udp' }], false],
    ['one rule of several', [tcp(80, 80, everything), tcp(15008, 15008, ofGroup('sg-a'))], true],
  ]
  for (const [what, into, allowed] of rows) {
    it(`${what}: ${allowed ? 'passes' : 'is dropped'}`, () => expect(connects(into)).to.equal(allowed))
  }

  it('look at the way out too', () => {
    expect(connects([everything], [])).to.equal(false)
    expect(connects([everything], [tcp(15008, 15008, ofGroup('sg-c'))])).to.equal(true)
    expect(connects([everything], [tcp(443, 443, ofBlock('0.0.0.0/0'))])).to.equal(false)
  })

  it('let out to the internet by address alone', () => {
    const leaves = (rule: Permission) => mayLeave(from, '203.0.113.1', 80, () => ({ IpPermissionsEgress: [rule] }))
    expect(leaves(everything)).to.equal(true)
    expect(leaves(tcp(80, 80, ofBlock('0.0.0.0/0')))).to.equal(true)
    expect(leaves(tcp(80, 80, ofGroup('sg-c')))).to.equal(false)
    expect(leaves(tcp(443, 443, ofBlock('0.0.0.0/0')))).to.equal(false)
  })
})
