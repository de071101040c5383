import { expect } from 'chai'
import { loadSuites } from '../../../src/lib/checks/catalogue.ts'
import { only, withIds } from '../../../src/lib/checks/select.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'
import { places } from './fake-mesh.ts'

const load = async () => (await loadSuites(['baseline', 'eks-deny'], { directory: '/', places })).suites
const idsOf = (suites: Awaited<ReturnType<typeof load>>) => suites.flatMap(({ checks }) => checks.map(({ id }) => id))

describe('--only', () => {
  const cases: readonly (readonly [globs: readonly string[], ids: readonly string[]])[] = [
    [['ecs/shell->eks/*'], ['baseline/ecs-to-eks', 'eks-deny/ecs-to-eks']],
    [['*->internet'], ['baseline/ecs-to-internet', 'eks-deny/ecs-to-internet']],
    [['eks-deny/eks-*'], ['eks-deny/eks-to-eks', 'eks-deny/eks-to-ecs']],
    [['eks-to-eks'], ['baseline/eks-to-eks', 'eks-deny/eks-to-eks']],
    [['baseline/{eks,ecs}-to-ecs'], ['baseline/eks-to-ecs', 'baseline/ecs-to-ecs']],
    [
      ['baseline/eks-to-eks', 'eks-deny/eks-to-ecs'],
      ['baseline/eks-to-eks', 'eks-deny/eks-to-ecs'],
    ],
  ]
  for (const [globs, ids] of cases) {
    it(`keeps what matches ${globs.join(' or ')}`, async () => {
      expect(idsOf(only(await load(), globs))).to.deep.equal(ids)
    })
  }

  it('keeps everything where nothing is said', async () => {
    const suites = await load()
    expect(only(suites, [])).to.equal(suites)
  })

  for (const glob of ['ecs/[shell', '{a,b', '(x', '']) {
    it(`refuses a bad glob: "${glob}"`, async () => {
      const suites = await load()
      expect(() => only(suites, [glob]))
        .to.throw(Failure)
        .that.includes({ code: 'BAD_GLOB', exit: 2 })
    })
  }

  it('refuses a glob that matches nothing, with what was probably meant', async () => {
    const suites = await load()
    expect(() => only(suites, ['ecs/shell->eks/ecoh']))
      .to.throw(Failure, 'did you mean "ecs/shell->eks/echo"?')
      .that.includes({ code: 'NO_SUCH_CHECK', exit: 2 })
  })
})

describe('choosing by id', () => {
  it('leaves out suites of which nothing is left', async () => {
    const left = withIds(await load(), new Set(['eks-deny/eks-to-eks', 'gone/x']))
    expect(left.map(({ name }) => name)).to.deep.equal(['eks-deny'])
    expect(idsOf(left)).to.deep.equal(['eks-deny/eks-to-eks'])
  })
})
