import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { BUILT_IN_SUITES, GUIDE_LISTS, loadSuites } from '../../../src/lib/checks/catalogue.ts'
import { placesOf } from '../../../src/lib/checks/places.ts'
import { type Failure, isFailure } from '../../../src/lib/engine/failure.ts'
import { settings } from '../../support/settings.ts'
import { places } from './fake-mesh.ts'

describe('finding suites', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'checks-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  const write = async (name: string, text: string): Promise<string> => {
    await writeFile(join(directory, name), text)
    return name
  }
  const load = async (...names: string[]) => (await loadSuites(names, { directory, places })).suites
  const failureOf = async (...names: string[]): Promise<Failure> => {
    try {
      await load(...names)
    } catch (error) {
      if (isFailure(error)) return error
      throw error
    }
    throw new Error('expected a failure')
  }

  const SUITE = `name: mine
state: { policies: [eks-deny, ./own.yaml] }
places:
  eks/cart:
    pod: { namespace: shop, selector: app=cart, container: cart }
    host: cart.shop
    port: 9090
    identity: { namespace: shop, serviceAccount: cart }
checks:
  - id: one
    from: ecs/shell
    to: eks/cart
    request: { method: POST, path: /items, args: ['-H', 'X-Name: a b'] }
    expect: denied-l4
  - { id: two, from: eks/cart, to: ecs/echo, expect: allowed }
`

  it('has the built-in suites, each in its own state', async () => {
    const suites = await load(...BUILT_IN_SUITES)
    expect(suites.map(({ name, state }) => ({ name, ...state }))).to.deep.equal([
      { name: 'baseline', policies: [], waypoint: false },
      { name: 'eks-deny', policies: ['eks-deny'], waypoint: false },
      { name: 'ecs-deny', policies: ['ecs-deny'], waypoint: false },
      { name: 'post-only', policies: ['post-only'], waypoint: true },
    ])
  })

  it('asserts after every policy the paths that it leaves alone', async () => {
    const suites = await load('eks-deny', 'ecs-deny', 'post-only')
    for (const { name, checks } of suites) {
      const paths = new Set(checks.map(({ from, to }) => `${from}->${to}`))
      expect([...paths], name).to.have.members([
        'eks/shell->eks/echo',
        'eks/shell->ecs/echo',
        'ecs/shell->eks/echo',
        'ecs/shell->ecs/echo',
        'ecs/shell->internet',
      ])
    }
  })

  for (const name of GUIDE_LISTS) {
    it(`has the guide's list ${name}, by bare name and by the guide's path`, async () => {
      const [bare] = await load(name)
      expect(bare).to.include({ kind: 'list', name })
      for (const path of [`tests/${name}.txt`, `./tests/${name}.txt`, `${name}.txt`]) {
        expect((await load(path))[0]?.checks, path).to.deep.equal(bare?.checks)
      }
    })
  }

  it("has in them the guide's commands, from the ECS shell task", async () => {
    const [list] = await load('ecs-test-commands')
    expect(list?.checks.map(({ from, to, request }) => `${from} ${to} ${request}`)).to.deep.equal([
      'ecs/shell eks/echo curl eks-echo.default:8080',
      'ecs/shell ecs/echo curl echo-service.ecs.local:8080',
      'ecs/shell internet curl -I httpbin.org',
    ])
  })

  it('names hosts as the mesh does, in suites and in lists', async () => {
    const other = placesOf(settings({ internetTarget: 'example.org:81' }), {
      ecsHost: ({ name }, service) => `${service}.${name}.ecs.external`,
      ecsServiceAccount: ({ serviceAccount }) => serviceAccount,
    })
    const { suites } = await loadSuites(['baseline', 'ecs-test-commands'], { directory, places: other })
    expect(suites.flatMap(({ checks }) => checks).map(({ request }) => request)).to.deep.equal([
      'curl eks-echo.default:8080',
      'curl echo-service.ecs-ambient-ecs.ecs.external:8080',
      'curl eks-echo.default:8080',
      'curl echo-service.ecs-ambient-ecs.ecs.external:8080',
      'curl -I example.org:81',
      'curl eks-echo.default:8080',
      'curl echo-service.ecs-ambient-ecs.ecs.external:8080',
      'curl -I example.org:81',
    ])
  })

  it('reads a suite of your own, with places of its own and policies beside it', async () => {
    const [suite] = await load(await write('mine.yaml', SUITE))
    expect(suite).to.deep.include({
      name: 'mine',
      ref: join(directory, 'mine.yaml'),
      state: { policies: ['eks-deny', join(directory, 'own.yaml')], waypoint: false },
    })
    expect(suite?.checks[0]).to.deep.equal({
      id: 'mine/one',
      suite: 'mine',
      from: 'ecs/shell',
      to: 'eks/cart',
      args: ['-X', 'POST', '-H', 'X-Name: a b', 'cart.shop:9090/items'],
      request: "curl -X POST -H 'X-Name: a b' cart.shop:9090/items",
      expected: 'denied-l4',
    })
  })

  it('reads a list of your own, as it is', async () => {
    const [list] = await load(await write('mine.txt', '# mine\n\neks-echo.default:8080/a\r\n-X POST http://x.y/z\n'))
    expect(list?.checks.map(({ id, to, request }) => ({ id, to, request }))).to.deep.equal([
      { id: 'mine/3', to: 'eks/echo', request: 'curl eks-echo.default:8080/a' },
      { id: 'mine/4', to: 'http://x.y/z', request: 'curl -X POST http://x.y/z' },
    ])
  })

  it('prefers a file of yours to a list of ours', async () => {
    const [list] = await load(await write('ecs-to-eks.txt', 'mine:1\n'))
    expect(list?.checks[0]?.request).to.equal('curl mine:1')
  })

  it('loads what is named twice once', async () => {
    expect(await load('baseline', 'baseline')).to.have.length(1)
  })

  describe('refuses, with exit code 2,', () => {
    it('an unknown suite, with what was probably meant', async () => {
      const failure = await failureOf('eks-dney')
      expect(failure).to.include({ code: 'UNKNOWN_SUITE', exit: 2 })
      expect(failure.message).to.contain('did you mean "eks-deny"?')
    })

    it('an unknown suite that is like none', async () => {
      expect((await failureOf('xyzzy')).message).to.equal('There is no suite "xyzzy".')
    })

    for (const name of ['./absent.yaml', 'tests/absent.txt', '/absent/x.txt']) {
      it(`a file that is not there: ${name}`, async () => {
        expect(await failureOf(name)).to.include({ code: 'SUITE_UNREADABLE', exit: 2 })
      })
    }

    it('a directory, and what is not UTF-8', async () => {
      expect(await failureOf(`${directory}/.`)).to.include({ code: 'SUITE_UNREADABLE' })
      await writeFile(join(directory, 'binary.txt'), Buffer.from([0xff, 0xfe, 0x00]))
      expect(await failureOf('binary.txt')).to.include({ code: 'SUITE_UNREADABLE' })
    })

    it('an empty list', async () => {
      expect(await failureOf(await write('empty.txt', '# nothing\n'))).to.include({ code: 'LIST_EMPTY', exit: 2 })
    })

    it('two suites of one name', async () => {
      await write('other.yaml', SUITE)
      expect(await failureOf(await write('mine.yaml', SUITE), 'other.yaml')).to.include({ code: 'DUPLICATE_SUITE' })
    })

    const wrong: readonly (readonly [what: string, text: string, ...why: string[]])[] = [
      ['what is not YAML', 'name: [x\n', 'line 2'],
      ['a key that stands twice', 'name: a\nname: b\n', 'line 2'],
      ['an empty file', '', 'name: is missing', 'checks: is missing'],
      ['an unknown key', 'name: x\ncheks: []\n', 'unknown key "cheks"; did you mean "checks"?'],
      [
        'an unknown key further in',
        SUITE.replace('method: POST', 'mehtod: POST'),
        'line 13: checks.0.request: unknown key "mehtod"; did you mean "method"?',
      ],
      ['a name with a slash', SUITE.replace('name: mine', 'name: a/b'), 'line 1: name: made of letters'],
      ['an unknown source', SUITE.replace('from: ecs/shell', 'from: ecs/shel'), 'line 11', 'did you mean "ecs/shell"?'],
      [
        'a source in which nothing runs',
        SUITE.replace('from: ecs/shell', 'from: internet'),
        'unknown source "internet"',
      ],
      ['an unknown target', SUITE.replace('to: eks/cart', 'to: eks/kart'), 'line 12', 'did you mean "eks/cart"?'],
      ['a target that nobody can call', SUITE.replace('to: eks/cart', 'to: eks/shell'), 'unknown target "eks/shell"'],
      ['a duplicate id', SUITE.replace('id: two', 'id: one'), 'line 15', '"one" is the id of another check already'],
      [
        "an expectation that can't be expected",
        SUITE.replace('denied-l4', 'unreachable'),
        'line 14',
        `"unreachable" can't be expected: allowed, denied-l4, denied-l7`,
      ],
      ['an unknown expectation', SUITE.replace('denied-l4', 'denied'), '"denied" is none of the values'],
      ['an unknown method', SUITE.replace('POST', 'PSOT'), '"PSOT" is none of the values', 'did you mean "POST"?'],
      ['a path that is none', SUITE.replace('/items', 'items'), 'a path begins with /'],
      ['a port that is none', SUITE.replace('9090', '99999'), 'line 7: places.eks/cart.port'],
      [
        'a place that is nothing',
        SUITE.replace(/ {4}pod.*\n {4}host.*\n/, ''),
        'a place needs a pod, a service or a host',
      ],
      ['no checks', 'name: x\nchecks: []\n', 'line 2: checks: a suite has at least one check'],
      ['no expectation', SUITE.replace('    expect: denied-l4\n', ''), 'checks.0.expect: is missing'],
    ]
    for (const [what, text, ...why] of wrong) {
      it(what, async () => {
        const failure = await failureOf(await write('wrong.yaml', text))
        expect(failure).to.include({ code: 'SUITE_INVALID', exit: 2 })
        expect(failure.message).to.contain('wrong.yaml')
        for (const part of why) expect(failure.why.join('\n')).to.contain(part)
      })
    }
  })
})
