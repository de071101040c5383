import type { Fields } from '../objects.ts'
import type { Kind, KindVersion } from '../store/kinds.ts'

export interface User {
  readonly username: string
  readonly groups: readonly string[]
  readonly uid?: string
}

/** One request, as the handlers see it. */
export interface ApiRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly user: User
  /** The parsed body; undefined where there is none. */
  readonly body: unknown
  /** What is added to the answer's `Warning` header. */
  readonly warnings: string[]
}

/** A request for objects of one kind. */
export interface ResourceRequest extends ApiRequest {
  readonly kind: Kind
  readonly version: KindVersion
  readonly namespace: string | undefined
  readonly name: string | undefined
  readonly subresource: string | undefined
}

export interface Sink {
  write(chunk: string): void
  end(): void
}

export type Reply =
  | { readonly status: number; readonly body: Fields | string; readonly headers?: Readonly<Record<string, string>> }
  /** An answer that comes bit by bit; what `stream` answers is called when the client is gone. */
  | { readonly contentType: string; readonly stream: (sink: Sink) => () => void }

export const ok = (body: Fields | string): Reply => ({ status: 200, body })
export const created = (body: Fields): Reply => ({ status: 201, body })
export const plain = (body: string): Reply => ({
  status: 200,
  body,
  headers: { 'content-type': 'text/plain; charset=utf-8' },
})

export const isTrue = (value: string | null): boolean => value === 'true' || value === '1'

/** The form of answer that the client asks for: `Table` or `PartialObjectMetadata` instead of the objects. */
export function wantedForm(headers: ApiRequest['headers']): 'Table' | 'PartialObjectMetadata' | 'objects' {
  const [first = ''] = String(headers.accept ?? '').split(',')
  if (/as=Table/.test(first)) return 'Table'
  if (/as=PartialObjectMetadata/.test(first)) return 'PartialObjectMetadata'
  return 'objects'
}
