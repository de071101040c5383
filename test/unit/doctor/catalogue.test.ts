import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { pageOf } from '../../../src/lib/doctor/check.ts'
import { allChecks } from '../../../src/lib/doctor/checks/index.ts'
import { doctorCodeFor, mappedCodes } from '../../../src/lib/doctor/codes.ts'
import { headOf, indexPage, SECTIONS } from '../../../src/lib/doctor/pages.ts'
import { select } from '../../../src/lib/doctor/select.ts'
import { isFailure } from '../../../src/lib/engine/failure.ts'

const root = new URL('../../../', import.meta.url)
const codes = allChecks.map(({ code }) => code)

describe('the catalogue of checks', () => {
  it('gives each a code of its own, in order', () => {
    expect(codes).to.deep.equal([...new Set(codes)].sort())
    for (const code of codes) expect(code).to.match(/^EA1\d{3}$/)
  })

  it('has a page for each, with something in every section, and no other page', () => {
    const pages = readdirSync(new URL('docs/checks', root)).sort()
    expect(pages).to.deep.equal([...codes.map(code => `${code}.md`), 'README.md'])
    for (const check of allChecks) {
      const text = readFileSync(new URL(pageOf(check), root), 'utf8')
      expect(text.startsWith(headOf(check)), `${check.code}: npm run docs`).to.equal(true)
      const sections = text.slice(headOf(check).length).split(/^## .*$/m)
      expect(text.match(/^## .*$/gm), check.code).to.deep.equal(SECTIONS.map(title => `## ${title}`))
      for (const section of sections.slice(1)) expect(section.trim(), check.code).to.match(/\w{3}/)
    }
  })

  it('has an index of them', () => {
    expect(readFileSync(new URL('docs/checks/README.md', root), 'utf8')).to.equal(indexPage(allChecks))
  })

  it('knows which failure is which check’s', () => {
    for (const code of mappedCodes()) expect(codes).to.include(code)
    expect(doctorCodeFor('CLUSTER_MISSING')).to.equal('EA1201')
    expect(doctorCodeFor('TOOL_NOT_FOUND', 'eksctl was not found.')).to.equal('EA1002')
    expect(doctorCodeFor('TOOL_NOT_FOUND', 'istioctl was not found.')).to.equal('EA1003')
    const timedOut = (what: string) => doctorCodeFor('TIMED_OUT', `Gave up waiting for ${what} after 600 s.`)
    expect(timedOut('Gateway istio-system/eastwest to be programmed with an address')).to.equal('EA1351')
    expect(timedOut('service echo-service to be steady')).to.equal('EA1453')
    expect(timedOut('load balancer x to be gone')).to.equal(undefined)
    expect(doctorCodeFor('CONFIG_INVALID')).to.equal(undefined)
  })

  it('refuses a choice that matches nothing', () => {
    const refused = (pre: boolean, ...only: string[]) => {
      try {
        return select(allChecks, { pre, only })
      } catch (error) {
        return isFailure(error) ? [error.code, error.exit, error.suggestions[0]] : error
      }
    }
    expect(refused(false, 'EA1OO1')).to.deep.equal(['NO_SUCH_CHECK', 2, 'ecs-ambient doctor --only EA1001'])
    expect(refused(false, 'netwrok')).to.deep.equal(['NO_SUCH_CHECK', 2, 'ecs-ambient doctor --only network'])
    expect(refused(true, 'istio')).to.deep.equal(['NO_SUCH_CHECK', 2, 'Leave out --pre.'])
  })
})
