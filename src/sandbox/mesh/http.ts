/** HTTP as it is spoken in the simulated mesh: values, no sockets. */
export interface HttpRequest {
  readonly method: string
  readonly host: string
  readonly port: number
  readonly path: string
  /** In the order in which they were sent. */
  readonly headers: readonly Header[]
  readonly body?: string
}

export interface HttpResponse {
  readonly status: number
  readonly headers: readonly Header[]
  readonly body: string
}

export type Header = readonly [name: string, value: string]

const REASONS: Record<number, string> = {
  200: 'OK',
  201: 'Created',
  204: 'No Content',
  301: 'Moved Permanently',
  302: 'Found',
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  418: "I'm a teapot",
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  502: 'Bad Gateway',
  503: 'Service Unavailable',
  504: 'Gateway Timeout',
}

/** `200 OK`; a status without a known reason has none, as servers send it. */
export const statusLine = (status: number): string => [status, REASONS[status]].filter(Boolean).join(' ')

export const headerOf = (headers: readonly Header[], name: string): string | undefined =>
  headers.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]

/** By lower-case name. */
export const headerMap = (headers: readonly Header[]): Readonly<Record<string, string>> =>
  Object.fromEntries(headers.map(([name, value]) => [name.toLowerCase(), value]))

/** `host:port`, without the port where it is HTTP's own. */
export const authority = ({ host, port }: Pick<HttpRequest, 'host' | 'port'>): string =>
  port === 80 ? host : `${host}:${port}`

export const httpDate = (ms: number): string => new Date(ms).toUTCString()
