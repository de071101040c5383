import type { ContainerLogs, LogLine } from '../container-logs.ts'
import type { ObjectStore } from '../store/store.ts'
import { containerOf } from './pod-container.ts'
import { isTrue, plain, type Reply, type ResourceRequest } from './request.ts'

/** The log of a container, as far as the request asks for it. */
export function podLog(request: ResourceRequest, store: ObjectStore, logs: ContainerLogs): Reply {
  const { name = '', namespace = '', query } = request
  const pod = store.read('Pod', name, namespace)
  const container = containerOf(pod, query.get('container'))
  const timestamps = isTrue(query.get('timestamps'))
  const show = ({ time, text }: LogLine) => `${timestamps ? `${new Date(time).toISOString()} ` : ''}${text}\n`
  const wanted = wantedLines(logs.lines(namespace, name, container), query, Date.parse(store.now()))
  if (!isTrue(query.get('follow'))) {
    const text = wanted.map(show).join('')
    const limit = Number(query.get('limitBytes') ?? 0)
    return plain(limit > 0 ? text.slice(0, limit) : text)
  }
  return {
    contentType: 'text/plain; charset=utf-8',
    stream: sink => {
      for (const line of wanted) sink.write(show(line))
      return logs.follow(namespace, name, container, line => (line === undefined ? sink.end() : sink.write(show(line))))
    },
  }
}

function wantedLines(lines: readonly LogLine[], query: URLSearchParams, now: number): readonly LogLine[] {
  // What a container before this one wrote is not kept.
  if (isTrue(query.get('previous'))) return []
  const sinceSeconds = query.get('sinceSeconds')
  const sinceTime = query.get('sinceTime')
  const since =
    sinceSeconds === null ? (sinceTime === null ? 0 : Date.parse(sinceTime)) : now - Number(sinceSeconds) * 1000
  const recent = lines.filter(line => line.time >= since)
  const tail = query.get('tailLines')
  return tail === null ? recent : Number(tail) === 0 ? [] : recent.slice(-Number(tail))
}
