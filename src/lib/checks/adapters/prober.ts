import type { Place, Workload } from '../places.ts'
import type { Prober } from '../probe.ts'

/** Sends each probe to where its source runs. */
export function proberFor(probers: Readonly<Record<Workload['kind'], Prober>>): Prober {
  return {
    probe(source: Place, requests, signal) {
      if (!source.workload) throw new Error(`nothing runs at ${source.name}`)
      return probers[source.workload.kind].probe(source, requests, signal)
    },
  }
}
