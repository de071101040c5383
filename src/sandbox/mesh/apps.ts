import { authority, type HttpRequest, type HttpResponse, headerOf, httpDate } from './http.ts'
import type { Workload } from './workload.ts'

/** What the applications answer, by image. A request comes from `peer`, an address. */

export interface Arrival {
  readonly request: HttpRequest
  readonly peer: string
  readonly port: number
  readonly now: number
}

type App = (arrival: Arrival, workload: Workload) => HttpResponse

const APPS: readonly (readonly [image: RegExp, app: App])[] = [
  [/istio-testing\/app(:|@|$)/, echo],
  [/./, other],
]

/** What a workload listens for on a port, or undefined where nothing does. */
export function listenerOf(workload: Workload, port: number): ((arrival: Arrival) => HttpResponse) | undefined {
  const container = workload.containers.find(candidate => candidate.running && candidate.ports.includes(port))
  const app = container && APPS.find(([image]) => image.test(container.image))?.[1]
  return app && (arrival => app(arrival, workload))
}

/** Istio's echo application: it tells what it was asked. `?codes=503` makes it answer with that status. */
function echo({ request, peer, port, now }: Arrival, workload: Workload): HttpResponse {
  const status = Number(/[?&]codes=(\d{3})/.exec(request.path)?.[1] ?? 200)
  const headers = request.headers
    .filter(([name]) => name.toLowerCase() !== 'host')
    .map(([name, value]) => `RequestHeader=${capitalised(name)}:${value}`)
    .sort()
  const lines = [
    'ServiceVersion=',
    `ServicePort=${port}`,
    `Host=${headerOf(request.headers, 'host') ?? authority(request)}`,
    `URL=${request.path}`,
    `Method=${request.method}`,
    'Proto=HTTP/1.1',
    `IP=${peer}`,
    ...headers,
    `Hostname=${workload.hostname}`,
  ]
  return textResponse(status, `${lines.join('\n')}\n`, now)
}

function other({ now }: Arrival, workload: Workload): HttpResponse {
  return textResponse(200, `${workload.app} on ${workload.hostname}\n`, now)
}

function textResponse(status: number, body: string, now: number): HttpResponse {
  return {
    status,
    headers: [
      ['Date', httpDate(now)],
      ['Content-Length', String(Buffer.byteLength(body))],
      ['Content-Type', 'text/plain; charset=utf-8'],
    ],
    body,
  }
}

const capitalised = (name: string): string => name.replace(/(^|-)[a-z]/g, letter => letter.toUpperCase())

/** The internet: a server that answers as httpbin.org does, `/status/503` included. */
export function internet({ request, peer, now }: Arrival): HttpResponse {
  const status = Number(/^\/status\/(\d{3})$/.exec(request.path)?.[1] ?? 200)
  const asJson = /^\/(get|post|put|delete|anything)/.test(request.path)
  const body = asJson
    ? `${JSON.stringify({ headers: Object.fromEntries(request.headers), method: request.method, origin: peer, url: `http://${authority(request)}${request.path}` }, undefined, 2)}\n`
    : status === 200
      ? page(request.host)
      : ''
  return {
    status,
    headers: [
      ['Date', httpDate(now)],
      ['Content-Type', asJson ? 'application/json' : 'text/html; charset=utf-8'],
      ['Content-Length', String(Buffer.byteLength(body))],
      ['Connection', 'keep-alive'],
      ['Server', 'gunicorn/19.9.0'],
      ['Access-Control-Allow-Origin', '*'],
      ['Access-Control-Allow-Credentials', 'true'],
    ],
    body,
  }
}

const page = (host: string): string =>
  `<!DOCTYPE html>\n<html lang="en"><head><title>${host}</title></head><body><p>A simulated page of ${host}.</p></body></html>\n`
