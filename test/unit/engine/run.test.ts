import { expect } from 'chai'
import { Failure, interrupted } from '../../../src/lib/engine/failure.ts'
import { from, upTo } from '../../../src/lib/engine/graph.ts'
import { type Change, type Plan, stagesOf, stateOf } from '../../../src/lib/engine/plan.ts'
import { converge, plan, remove } from '../../../src/lib/engine/run.ts'
import type { Step } from '../../../src/lib/engine/step.ts'
import { JumpingClock } from '../../support/clock.ts'
import { RecordingHost } from '../../support/host.ts'

/** A toy world: names that exist. A reader can look, a writer can also change. */
interface Reader {
  has(name: string): boolean
}
interface Writer extends Reader {
  add(name: string): void
  drop(name: string): void
}

class World implements Writer {
  readonly names = new Set<string>()
  readonly history: string[] = []
  has = (name: string) => this.names.has(name)
  add(name: string) {
    this.names.add(name)
    this.history.push(`+${name}`)
  }
  drop(name: string) {
    this.names.delete(name)
    this.history.push(`-${name}`)
  }
}

type Toy = Step<object, Reader, Writer, boolean>

const toy = (id: string, dependsOn: string[] = [], more: Partial<Toy> = {}): Toy => ({
  id,
  title: id.toUpperCase(),
  dependsOn,
  observe: async ({ clients }) => clients.has(id),
  decide: there => ({
    changes: there ? [] : [{ action: 'create', kind: 'thing', name: id, reason: 'does not exist' }],
    present: there ? [{ kind: 'thing', name: id, ours: true }] : [],
  }),
  decideRemoval: there => ({
    changes: there ? [{ action: 'delete', kind: 'thing', name: id, reason: 'is ours' }] : [],
    present: [],
  }),
  apply: async ({ action, name }, { clients }) => {
    if (action === 'delete') clients.drop(name)
    else clients.add(name)
    return `id-${name}`
  },
  verify: async () => ({ seen: id }),
  ...more,
})

const setUp = (steps: Toy[]) => {
  const world = new World()
  const host = new RecordingHost()
  const stop = new AbortController()
  const run = { steps, desired: {}, host, clock: new JumpingClock(), signal: stop.signal }
  return { world, host, stop, run }
}

const diamond = (more: Record<string, Partial<Toy>> = {}) => [
  toy('a', [], more.a),
  toy('b', ['a'], more.b),
  toy('c', ['a'], more.c),
  toy('d', ['b', 'c'], more.d),
]

describe('converge', () => {
  it('makes what is missing, each step after those it depends on', async () => {
    const { world, run } = setUp(diamond())
    const results = await converge(run, world)
    expect(results.map(({ id, status }) => `${id} ${status}`)).to.deep.equal(
      ['a', 'b', 'c', 'd'].map(id => `${id} changed`),
    )
    expect(results[0]?.changes).to.deep.equal([{ action: 'create', kind: 'thing', name: 'a', id: 'id-a' }])
    expect(results[0]?.facts).to.deep.equal({ seen: 'a' })
    expect(world.history[0]).to.equal('+a')
    expect(world.history.at(-1)).to.equal('+d')
  })

  it('writes nothing the second time, and only what is missing after a half run', async () => {
    const { world, run } = setUp(diamond())
    world.names.add('a').add('c')
    await converge(run, world)
    expect(world.history).to.deep.equal(['+b', '+d'])
    const again = await converge(run, world)
    expect(again.map(({ status }) => status)).to.deep.equal(Array(4).fill('unchanged'))
    expect(world.history).to.have.length(2)
  })

  it('runs independent steps at the same time', async () => {
    const bStarted = Promise.withResolvers<void>()
    const cStarted = Promise.withResolvers<void>()
    const { world, run } = setUp(
      diamond({
        b: {
          verify: async () => {
            bStarted.resolve()
            await cStarted.promise
            return {}
          },
        },
        c: {
          verify: async () => {
            cStarted.resolve()
            await bStarted.promise
            return {}
          },
        },
      }),
    )
    const results = await converge(run, world)
    expect(results.every(({ status }) => status === 'changed')).to.equal(true)
  })

  it('leaves out what depends on a failed step, and finishes the rest', async () => {
    const no = new Failure({ code: 'NO', message: 'no' })
    const { world, run, host } = setUp(diamond({ b: { apply: () => Promise.reject(no) } }))
    const results = await converge(run, world)
    expect(results.map(({ id, status }) => `${id} ${status}`)).to.deep.equal([
      'a changed',
      'b failed',
      'c changed',
      'd skipped',
    ])
    expect(results[1]?.error).to.equal(no)
    expect(results[3]?.reason).to.equal('b failed')
    expect(host.of('change.failed').map(({ step }) => step)).to.deep.equal(['b'])
  })

  it('begins nothing where a step lacks what only the user can supply', async () => {
    const no = new Failure({ code: 'NO', message: 'no' })
    const { world, run } = setUp(diamond({ d: { precheck: () => Promise.reject(no) } }))
    const results = await converge(run, world)
    expect(results.map(({ status }) => status)).to.deep.equal(['skipped', 'skipped', 'skipped', 'failed'])
    expect(results[3]?.error).to.equal(no)
    expect(world.history).to.deep.equal([])
  })

  it('names every failure of one stage, and keeps what was done', async () => {
    const changes: Change[] = ['x', 'y', 'z'].map(name => ({ action: 'create', kind: 'thing', name, reason: '' }))
    const apply: Toy['apply'] = async ({ name }) => {
      if (name !== 'y') throw new Failure({ code: 'NO', message: `no ${name}` })
      return 'id-y'
    }
    const { world, run } = setUp([toy('a', [], { decide: () => ({ changes, present: [] }), apply })])
    const [result] = await converge(run, world)
    expect(result?.error).to.include({ message: 'no x' }).and.to.have.deep.property('why', ['no z'])
    expect(result?.changes.map(({ name }) => name)).to.deep.equal(['y'])
  })

  it('begins no change once interrupted', async () => {
    const interrupt = async () => {
      stop.abort()
      return {}
    }
    const { world, run, stop } = setUp(diamond({ a: { verify: interrupt } }))
    const results = await converge(run, world)
    expect(results.map(({ status }) => status)).to.deep.equal(['changed', 'skipped', 'skipped', 'skipped'])
    expect(world.history).to.deep.equal(['+a'])
  })

  it('asks before each step that would change something, and heeds the answer', async () => {
    const { world, run, host } = setUp(diamond())
    world.names.add('a')
    host.answer = ({ step }) => (step === 'b' ? 'skip' : 'go')
    const results = await converge(run, world)
    expect(host.questions.map(({ step }) => step)).to.have.members(['b', 'c'])
    expect(results.map(({ status }) => status)).to.deep.equal(['unchanged', 'skipped', 'changed', 'skipped'])
  })

  it('begins no other step once somebody has said to stop', async () => {
    const { world, run, host } = setUp([toy('a'), toy('b'), toy('c')])
    host.answer = ({ step }) => (step === 'b' ? 'stop' : 'go')
    const results = await converge({ ...run, oneByOne: true }, world)
    expect(host.questions.map(({ step }) => step)).to.deep.equal(['a', 'b'])
    expect(results.map(({ status, reason }) => [status, reason])).to.deep.equal([
      ['changed', undefined],
      ['skipped', 'stopped here'],
      ['skipped', 'stopped before it'],
    ])
  })

  it('asks nothing more once a question could not be answered', async () => {
    const { world, run, host } = setUp([toy('a'), toy('b')])
    host.answer = () => {
      throw interrupted()
    }
    const results = await converge({ ...run, oneByOne: true }, world)
    expect(host.questions).to.have.length(1)
    expect(results.map(({ status }) => status)).to.deep.equal(['failed', 'skipped'])
    expect(world.history).to.deep.equal([])
  })

  it('makes one step after another in the given order where it is asked to', async () => {
    let running = 0
    const busy: Partial<Toy> = {
      verify: async () => {
        running += 1
        await new Promise(resolve => setImmediate(resolve))
        expect(running).to.equal(1)
        running -= 1
        return {}
      },
    }
    const { world, run } = setUp([toy('a', [], busy), toy('b', ['a'], busy), toy('c', [], busy), toy('d', ['b'], busy)])
    await converge({ ...run, oneByOne: true }, world)
    expect(world.history).to.deep.equal(['+a', '+b', '+c', '+d'])
  })

  it('fails a step whose input is missing with exit 3', async () => {
    const pending: Plan = { changes: [], present: [], pending: ['the EKS cluster does not exist'] }
    const { world, run } = setUp([toy('a', [], { decide: () => pending })])
    const [result] = await converge(run, world)
    expect(result?.error).to.deep.include({ code: 'INPUT_MISSING', exit: 3, suggestions: ['ecs-ambient up --until a'] })
    const needy = setUp([toy('b', [], { decide: () => pending, needs: 'ecs-ambient up' })])
    const [other] = await converge(needy.run, needy.world)
    expect(other?.error).to.deep.include({ suggestions: ['ecs-ambient up'] })
  })

  describe('an input that a step before has made just now', () => {
    const wanting = (looks: number): Partial<Toy> => {
      let left = looks
      return {
        decide: there => {
          left -= 1
          if (left >= 0) return { changes: [], present: [], pending: ['role a does not exist'] }
          return toy('b').decide(there, {})
        },
      }
    }

    it('is waited for where it is not known yet', async () => {
      const { world, host, run } = setUp([toy('a'), toy('b', ['a'], wanting(3))])
      const results = await converge(run, world)
      expect(results.map(({ status }) => status)).to.deep.equal(['changed', 'changed'])
      expect(host.of('waiting').map(({ step, last }) => `${step}: ${last}`)).to.include('b: role a does not exist')
    })

    it('is said to be missing in the end', async () => {
      const { world, run } = setUp([toy('a'), toy('b', ['a'], wanting(1000))])
      const [, result] = await converge(run, world)
      expect(result?.error).to.deep.include({ code: 'INPUT_MISSING', exit: 3 })
    })

    it('is not waited for where nothing was made', async () => {
      const { world, host, run } = setUp([toy('a'), toy('b', ['a'], wanting(3))])
      world.names.add('a')
      const [, result] = await converge(run, world)
      expect(result?.error).to.deep.include({ code: 'INPUT_MISSING', exit: 3 })
      expect(host.of('waiting')).to.deep.equal([])
    })
  })

  it('gives later changes the ids of earlier ones', async () => {
    const ids: (string | undefined)[] = []
    const changes: Change[] = [
      { action: 'create', kind: 'thing', name: 'second', reason: '', stage: 1 },
      { action: 'create', kind: 'thing', name: 'first', reason: '' },
    ]
    const apply: Toy['apply'] = async ({ name }, { idOf }) => {
      ids.push(idOf('thing', 'first'), idOf('thing', 'there'))
      return `id-${name}`
    }
    const present = [{ kind: 'thing', name: 'there', id: 'id-there', ours: true }]
    const { world, run } = setUp([toy('a', [], { decide: () => ({ changes, present }), apply })])
    await converge(run, world)
    expect(ids).to.deep.equal([undefined, 'id-there', 'id-first', 'id-there'])
  })
})

describe('remove', () => {
  it('takes away in reverse order, and nothing twice', async () => {
    const { world, run } = setUp(diamond())
    for (const name of ['a', 'b', 'c', 'd']) world.names.add(name)
    await remove(run, world)
    expect(world.history[0]).to.equal('-d')
    expect(world.history.at(-1)).to.equal('-a')
    await remove(run, world)
    expect(world.history).to.have.length(4)
  })

  it('keeps what a step that could not be removed stands on', async () => {
    const { world, run } = setUp(
      diamond({ b: { apply: () => Promise.reject(new Failure({ code: 'NO', message: 'no' })) } }),
    )
    for (const name of ['a', 'b', 'c', 'd']) world.names.add(name)
    const results = await remove(run, world)
    expect([...world.names]).to.deep.equal(['a', 'b'])
    expect(results.find(({ id }) => id === 'a')?.status).to.equal('skipped')
  })
})

describe('plan', () => {
  it('says what each step would do, and writes nothing', async () => {
    const { world, run } = setUp(diamond({ d: { observe: () => Promise.reject(new Error('unreachable')) } }))
    world.names.add('a')
    const states = await plan(run, world)
    expect(states.map(({ id, state }) => `${id} ${state}`)).to.deep.equal([
      'a ready',
      'b absent',
      'c absent',
      'd unknown',
    ])
    expect(world.history).to.deep.equal([])
  })
})

describe('stateOf', () => {
  const change = (action: Change['action']): Change => ({ action, kind: 'k', name: 'n', reason: '' })
  const ours = { kind: 'k', name: 'm', ours: true }
  const table: [string, Plan, string][] = [
    ['nothing to do', { changes: [], present: [ours] }, 'ready'],
    ['nothing there', { changes: [change('create')], present: [] }, 'absent'],
    ["only somebody else's there", { changes: [change('create')], present: [{ ...ours, ours: false }] }, 'absent'],
    ['some there', { changes: [change('create')], present: [ours] }, 'partial'],
    ['something differs', { changes: [change('update')], present: [ours] }, 'drifted'],
    ['something too much', { changes: [change('delete')], present: [ours] }, 'drifted'],
    ['input missing', { changes: [], present: [], pending: ['x'] }, 'absent'],
  ]
  for (const [name, plan, state] of table) it(`${name}: ${state}`, () => expect(stateOf(plan)).to.equal(state))
})

describe('stagesOf', () => {
  it('orders by stage and keeps the order within one', () => {
    const named = (name: string, stage?: number): Change => ({
      action: 'create',
      kind: 'k',
      name,
      reason: '',
      ...(stage === undefined ? {} : { stage }),
    })
    const stages = stagesOf({ changes: [named('c', 2), named('a'), named('d', 2), named('b', 1)], present: [] })
    expect(stages.map(stage => stage.map(({ name }) => name))).to.deep.equal([['a'], ['b'], ['c', 'd']])
  })
})

describe('upTo and from', () => {
  const steps = diamond()
  const ids = (nodes: readonly { id: string }[]) => nodes.map(({ id }) => id)
  it('choose what a step needs, and what needs it', () => {
    expect(ids(upTo(steps, 'c'))).to.deep.equal(['a', 'c'])
    expect(ids(from(steps, 'b'))).to.deep.equal(['b', 'd'])
    expect(ids(upTo(steps, 'd'))).to.deep.equal(['a', 'b', 'c', 'd'])
  })
  it('refuse an unknown step and list those there are', () => {
    expect(() => upTo(steps, 'x'))
      .to.throw(Failure)
      .with.property('exit', 2)
  })
})
