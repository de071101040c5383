import type { KubernetesReader } from '../kubernetes/client.ts'
import type { KubernetesObject } from '../kubernetes/objects.ts'

interface Event extends KubernetesObject {
  readonly type?: string
  readonly reason?: string
  readonly message?: string
  readonly involvedObject?: { readonly kind?: string; readonly name?: string }
  /** Kubernetes' own components set the one or the other. */
  readonly lastTimestamp?: string
  readonly eventTime?: string
}

/** The newest warning that Kubernetes recorded about an object of a kind, found by the beginning of its name. */
export async function newestWarning(
  kubernetes: KubernetesReader,
  { namespace, kind, name }: { readonly namespace: string; readonly kind: string; readonly name: string },
): Promise<string | undefined> {
  const fieldSelector = `type=Warning,involvedObject.kind=${kind}`
  // Events only explain: whoever may not read them goes on without.
  const events = await kubernetes
    .list<Event>({ apiVersion: 'v1', kind: 'Event' }, { namespace, fieldSelector })
    .catch(() => [])
  const [newest] = events
    .filter(({ involvedObject }) => involvedObject?.name?.startsWith(name) === true)
    .toSorted((a, b) => timeOf(b).localeCompare(timeOf(a)))
  return (
    newest && `${kind} ${newest.involvedObject?.name}: ${[newest.reason, newest.message].filter(Boolean).join(': ')}`
  )
}

const timeOf = ({ lastTimestamp, eventTime }: Event): string => String(lastTimestamp ?? eventTime ?? '')
