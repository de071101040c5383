/** One end of a connection, as ztunnel's access log tells it. */
export interface Peer {
  /** `ip:port` */
  readonly address?: string
  readonly workload?: string
  readonly namespace?: string
  /** `spiffe://…`, only where the connection was mutual TLS. */
  readonly identity?: string
}

export interface Connection {
  readonly direction: 'inbound' | 'outbound'
  readonly source: Peer
  readonly destination: Peer & {
    /** Where the HBONE tunnel leads; undefined for plain text. */
    readonly hboneAddress?: string
    readonly service?: string
  }
  readonly error?: string
  readonly line: string
}

type Fields = ReadonlyMap<string, string>

/**
 * Reads one line of ztunnel's access log, as text (`key=value` pairs, strings quoted) or as JSON.
 * Undefined for any other line.
 */
export function connectionOf(line: string): Connection | undefined {
  const fields = line.trimStart().startsWith('{') ? jsonFields(line) : textFields(line)
  const direction = fields?.get('direction')
  if (!fields || (direction !== 'inbound' && direction !== 'outbound')) return undefined
  const hboneAddress = fields.get('dst.hbone_addr')
  const service = fields.get('dst.service')
  const error = fields.get('error')
  return {
    direction,
    source: peerOf(fields, 'src'),
    destination: {
      ...peerOf(fields, 'dst'),
      ...(hboneAddress === undefined ? {} : { hboneAddress }),
      ...(service === undefined ? {} : { service }),
    },
    ...(error === undefined ? {} : { error }),
    line: line.trim(),
  }
}

/** `connection opened` says nothing yet; `connection failed` is a refusal before much was known. */
const ENDINGS = /\b(connection complete|connection failed)\b/

function textFields(line: string): Fields | undefined {
  if (!/\baccess\b/.test(line) || !ENDINGS.test(line)) return undefined
  const pairs = line.matchAll(/([\w.]+)=("(?:[^"\\]|\\.)*"|\S+)/g)
  return new Map([...pairs].map(([, key = '', value = '']) => [key, value.startsWith('"') ? unquoted(value) : value]))
}

const unquoted = (value: string): string => value.slice(1, -1).replace(/\\(.)/g, '$1')

function jsonFields(line: string): Fields | undefined {
  let entry: unknown
  try {
    entry = JSON.parse(line)
  } catch {
    return undefined
  }
  if (typeof entry !== 'object' || entry === null) return undefined
  const fields = new Map(Object.entries(entry).map(([key, value]) => [key, String(value)]))
  return fields.get('scope') === 'access' && ENDINGS.test(fields.get('message') ?? '') ? fields : undefined
}

function peerOf(fields: Fields, end: 'src' | 'dst'): Peer {
  const entries = Object.entries({
    address: fields.get(`${end}.addr`),
    workload: fields.get(`${end}.workload`),
    namespace: fields.get(`${end}.namespace`),
    identity: fields.get(`${end}.identity`),
  })
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined))
}

/** The policy that refused a connection; `{}` where ALLOW policies exist and none allowed it; undefined: not refused. */
export function refusalOf({ error }: Connection): { readonly policy?: string } | undefined {
  if (error === undefined || !/policy rejection/.test(error)) return undefined
  const policy = /explicitly denied by:\s*([^\s,]+)/.exec(error)?.[1]
  return policy === undefined ? {} : { policy }
}

/** The port at the end of `ip:port`, also of `[ip6]:port`. */
export const portOf = (address: string | undefined): number | undefined => {
  const port = /:(\d+)$/.exec(address ?? '')?.[1]
  return port === undefined ? undefined : Number(port)
}

/** The IP address of `ip:port`. */
export const ipOf = (address: string | undefined): string | undefined =>
  address?.replace(/:\d+$/, '').replace(/^\[|\]$/g, '')
