import { apiVersionOf, clone, type Fields, type KubeObject } from '../objects.ts'
import { StatusError } from '../status-error.ts'
import type { Kind } from '../store/kinds.ts'
import type { Change } from '../store/revisions.ts'
import type { ObjectStore } from '../store/store.ts'
import { isTrue, type Reply, type ResourceRequest, type Sink } from './request.ts'

/** Milliseconds of real time between bookmarks: well under the thirty seconds after which clients think a watch dead. */
const bookmarkEvery = 5000

export interface WatchQuery {
  readonly from: string | null
  readonly bookmarks: boolean
  readonly initialEvents: boolean
  /** Milliseconds until the server ends it; undefined for never. */
  readonly timeout: number | undefined
}

export function watchQuery(query: URLSearchParams): WatchQuery {
  const seconds = Number(query.get('timeoutSeconds') ?? 0)
  return {
    from: query.get('resourceVersion'),
    bookmarks: isTrue(query.get('allowWatchBookmarks')),
    initialEvents: isTrue(query.get('sendInitialEvents')),
    timeout: seconds > 0 ? seconds * 1000 : undefined,
  }
}

/** A watch on objects of one kind. `show` gives an object the form that the client asked for. */
export function watch(
  request: ResourceRequest,
  store: ObjectStore,
  matches: (object: KubeObject) => boolean,
  show: (object: KubeObject) => Fields,
): Reply {
  const query = watchQuery(request.query)
  const { kind } = request
  return { contentType: 'application/json', stream: sink => follow(sink) }

  function follow(sink: Sink): () => void {
    const send = (type: string, object: Fields) => sink.write(`${JSON.stringify({ type, object })}\n`)
    const deliver = (change: Change) => {
      const event = eventFor(change, kind, matches)
      if (event !== undefined) send(event.type, show(clone(event.object)))
    }
    const bookmark = (annotations?: Record<string, string>) =>
      send('BOOKMARK', {
        kind: kind.kind,
        apiVersion: apiVersionOf(kind.group, request.version.name),
        metadata: {
          resourceVersion: String(store.revisions.revision),
          creationTimestamp: null,
          ...(annotations ? { annotations } : {}),
        },
      })

    // Without a version, or with 0, a watch begins with what is there.
    const fresh = query.from === null || query.from === '' || query.from === '0' || query.initialEvents
    try {
      if (fresh) for (const object of store.revisions.all(kind).filter(matches)) send('ADDED', show(clone(object)))
      else for (const change of store.revisions.since(Number(query.from))) deliver(change)
    } catch (error) {
      if (!(error instanceof StatusError)) throw error
      send('ERROR', error.toStatus())
      sink.end()
      return () => {}
    }
    if (query.initialEvents) bookmark({ 'k8s.io/initial-events-end': 'true' })

    const unlisten = store.listen(deliver)
    const ticking = query.bookmarks ? setInterval(() => bookmark(), bookmarkEvery).unref() : undefined
    const ending = query.timeout === undefined ? undefined : setTimeout(() => sink.end(), query.timeout).unref()
    return () => {
      unlisten()
      clearInterval(ticking)
      clearTimeout(ending)
    }
  }
}

/** What a watcher with a selector sees of a change: objects come and go as they begin and cease to match. */
export function eventFor(
  change: Change,
  kind: Kind,
  matches: (object: KubeObject) => boolean,
): { type: Change['type']; object: KubeObject } | undefined {
  if (change.kind.group !== kind.group || change.kind.plural !== kind.plural) return undefined
  const now = matches(change.object)
  const before = change.before !== undefined && matches(change.before)
  if (change.type === 'DELETED') return before ? { type: 'DELETED', object: change.object } : undefined
  if (now) return { type: before ? 'MODIFIED' : 'ADDED', object: change.object }
  return before ? { type: 'DELETED', object: change.object } : undefined
}
