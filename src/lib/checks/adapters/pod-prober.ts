import { type Failure, isFailure } from '../../engine/failure.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { podExec } from '../../kubernetes/exec.ts'
import type { Place } from '../places.ts'
import type { ProbeOutput, Prober } from '../probe.ts'
import { inParallel } from './in-parallel.ts'
import { isReady, type PodWorkload, runningPods } from './pods.ts'

/** How many commands run in one pod at the same time. */
const AT_ONCE = 4
/** Milliseconds for one command: well beyond curl's own limit. */
const EXEC_LIMIT = 60_000

/** Runs curl in a pod by the Kubernetes API's exec. */
export class PodProber implements Prober {
  readonly #kubernetes: KubernetesReader

  constructor(kubernetes: KubernetesReader) {
    this.#kubernetes = kubernetes
  }

  async probe(
    { name, workload }: Place,
    requests: readonly (readonly string[])[],
    signal: AbortSignal,
  ): Promise<readonly ProbeOutput[]> {
    if (workload?.kind !== 'pod') throw new Error(`${name} is not a pod`)
    let pod: string
    try {
      pod = await this.#podOf(workload)
    } catch (error) {
      const output = broken(error, signal)
      return requests.map(() => output)
    }
    return inParallel(requests, AT_ONCE, args => this.#run(workload, pod, args, signal))
  }

  async #podOf(workload: PodWorkload): Promise<string> {
    const pods = await runningPods(this.#kubernetes, workload)
    const pod = pods.find(isReady) ?? pods[0]
    if (!pod) throw new Error(`no running pod ${workload.selector} in namespace ${workload.namespace}`)
    return pod.metadata.name
  }

  async #run(
    { namespace, container }: PodWorkload,
    pod: string,
    args: readonly string[],
    signal: AbortSignal,
  ): Promise<ProbeOutput> {
    const target = { namespace, pod, container }
    try {
      const options = { signal, timeoutMs: EXEC_LIMIT }
      const { exitCode, stdout, stderr } = await podExec(
        this.#kubernetes.connection,
        target,
        ['curl', ...args],
        options,
      )
      return { kind: 'ran', at: pod, exitCode, stdout: stdout.toString(), stderr: stderr.toString() }
    } catch (error) {
      return broken(error, signal)
    }
  }
}

function broken(error: unknown, signal: AbortSignal): ProbeOutput {
  if (signal.aborted) throw error
  const why = error instanceof Error ? error.message : String(error)
  return { kind: 'broken', layer: 'pod', why: isFailure(error) ? inWords(error) : why }
}

const inWords = ({ message, why }: Failure): string => [message, ...why].join(' ')
