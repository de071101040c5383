import { expect } from 'chai'
import { EcsProber } from '../../../../src/lib/checks/adapters/ecs-prober.ts'
import type { Place } from '../../../../src/lib/checks/places.ts'
import { interrupted } from '../../../../src/lib/engine/failure.ts'
import { execFailure } from '../../../../src/lib/exec/failures.ts'
import type { EcsExec, ExecRun } from '../../../../src/lib/exec/runner.ts'
import { places } from '../fake-mesh.ts'

const SHELL = places.get('ecs/shell') as Place
const signal = new AbortController().signal

/** An exec that answers some commands with their own words, and then perhaps breaks. */
class FakeExec implements Pick<EcsExec, 'place' | 'run'> {
  readonly runs: ExecRun[] = []
  noPlace: Error | undefined
  breaks: Error | undefined
  answers = Number.POSITIVE_INFINITY

  async place() {
    if (this.noPlace) throw this.noPlace
    return {
      cluster: 'c',
      taskArn: 'arn:task/c/7121',
      taskId: '7121',
      container: 'shell-task',
      targetId: 'ecs:c_7121_r',
    }
  }

  async run(run: ExecRun) {
    this.runs.push(run)
    for (const [index, argv] of run.commands.entries()) {
      if (index >= this.answers) break
      const result = { exitCode: index, stdout: Buffer.from(argv.join(' ')), stderr: Buffer.from('é') }
      run.onResult?.(result, index)
    }
    if (this.breaks) throw this.breaks
    return []
  }
}

describe('probing from a task', () => {
  it('runs all requests in one run, in one task, by name and container', async () => {
    const exec = new FakeExec()
    const outputs = await new EcsProber(exec).probe(SHELL, [['a:1'], ['-d', 'x y; $(id)', 'b:2']], signal)
    expect(exec.runs).to.have.length(1)
    expect(exec.runs[0]).to.deep.include({
      target: { cluster: 'ecs-ambient-ecs', task: '7121', container: 'shell-task' },
      commands: [
        ['curl', 'a:1'],
        ['curl', '-d', 'x y; $(id)', 'b:2'],
      ],
      repeatable: true,
    })
    expect(outputs).to.deep.equal([
      { kind: 'ran', at: '7121', exitCode: 0, stdout: 'curl a:1', stderr: 'é' },
      { kind: 'ran', at: '7121', exitCode: 1, stdout: 'curl -d x y; $(id) b:2', stderr: 'é' },
    ])
  })

  it('is broken, every request, where there is no task, and says so', async () => {
    const exec = new FakeExec()
    exec.noPlace = execFailure('EXEC_NO_TASK', 'There is no usable task.', { why: ['0 of 1 run'] })
    const broken = { kind: 'broken', layer: 'task', why: 'There is no usable task. 0 of 1 run' }
    expect(await new EcsProber(exec).probe(SHELL, [['a'], ['b']], signal)).to.deep.equal([broken, broken])
  })

  it('keeps the answers that came before the session broke', async () => {
    const exec = new FakeExec()
    exec.answers = 1
    exec.breaks = execFailure('EXEC_CHANNEL_CLOSED', 'The session ended.')
    const outputs = await new EcsProber(exec).probe(SHELL, [['a'], ['b']], signal)
    expect(outputs.map(({ kind }) => kind)).to.deep.equal(['ran', 'broken'])
    expect(outputs[1]).to.include({ layer: 'channel' })
  })

  it('is broken where the run ends without an answer to a request', async () => {
    const exec = new FakeExec()
    exec.answers = 0
    expect((await new EcsProber(exec).probe(SHELL, [['a']], signal))[0]).to.include({ kind: 'broken' })
  })

  it('takes an error that is not of exec for one of the channel', async () => {
    const exec = new FakeExec()
    exec.noPlace = new Error('odd')
    expect((await new EcsProber(exec).probe(SHELL, [['a']], signal))[0]).to.include({ layer: 'channel' })
  })

  it('ends with the interruption, which is no verdict', async () => {
    const exec = new FakeExec()
    exec.breaks = interrupted()
    const stopped = AbortSignal.abort()
    const outcome = await new EcsProber(exec).probe(SHELL, [['a']], stopped).catch((error: unknown) => error)
    expect(outcome).to.equal(exec.breaks)
  })
})
