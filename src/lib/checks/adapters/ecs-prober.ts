import { isFailure } from '../../engine/failure.ts'
import { execLayer } from '../../exec/failures.ts'
import type { EcsExec } from '../../exec/runner.ts'
import type { Place } from '../places.ts'
import type { ProbeOutput, Prober } from '../probe.ts'

/** Runs curl in a task by ECS Exec: all requests in as few sessions as they fit in, one session a task at a time. */
export class EcsProber implements Prober {
  readonly #exec: Pick<EcsExec, 'place' | 'run'>

  constructor(exec: Pick<EcsExec, 'place' | 'run'>) {
    this.#exec = exec
  }

  async probe(
    { name, workload }: Place,
    requests: readonly (readonly string[])[],
    signal: AbortSignal,
  ): Promise<readonly ProbeOutput[]> {
    if (workload?.kind !== 'task') throw new Error(`${name} is not an ECS service`)
    const { cluster, service, container } = workload
    const outputs = new Map<number, ProbeOutput>()
    try {
      const { taskId } = await this.#exec.place({ cluster, service, container })
      await this.#exec.run({
        target: { cluster, task: taskId, container },
        commands: requests.map(args => ['curl', ...args]),
        repeatable: true,
        onResult: ({ exitCode, stdout, stderr }, index) =>
          outputs.set(index, {
            kind: 'ran',
            at: taskId,
            exitCode,
            stdout: stdout.toString(),
            stderr: stderr.toString(),
          }),
      })
    } catch (error) {
      if (signal.aborted) throw error
      // What came before the session broke is an answer all the same.
      const output = broken(error)
      return requests.map((_, index) => outputs.get(index) ?? output)
    }
    return requests.map((_, index) => outputs.get(index) ?? NOTHING)
  }
}

const NOTHING: ProbeOutput = { kind: 'broken', layer: 'channel', why: 'the session ended without a result' }

function broken(error: unknown): ProbeOutput {
  const why = isFailure(error) ? [error.message, ...error.why].join(' ') : String(error)
  return { kind: 'broken', layer: execLayer(error) ?? 'channel', why }
}
