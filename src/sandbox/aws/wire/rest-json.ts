import { FromStringShapeDeserializer } from '@smithy/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import { fromJson, jsonError, toJson } from './json.ts'
import type { Codec } from './protocols.ts'
import type { OperationSchema } from './service.ts'

const scalars = new FromStringShapeDeserializer({ httpBindings: true, timestampFormat: { useTrait: true, default: 5 } })
const CONTENT_TYPE = 'application/json'

interface Bindings {
  readonly httpLabel?: 1
  readonly httpQuery?: string
}

export const restJson: Codec = {
  operation(request, service) {
    const matches = [...service.operations.values()].filter(
      ({ http }) => http?.[0] === request.method && labels(http[1], request.url.pathname) !== undefined,
    )
    // A literal segment is a closer match than a label.
    return matches.sort((a, b) => labelCount(a) - labelCount(b))[0]
  },

  input(request, { input, http }) {
    const value = fromJson(input, request.body, true)
    const path = labels(http?.[1] ?? '', request.url.pathname) ?? {}
    for (const [name, member] of input.structIterator()) {
      const { httpLabel, httpQuery } = member.getMergedTraits() as Bindings
      const found = httpLabel ? scalars.read(member, path[name] ?? '') : fromQuery(member, request.url, httpQuery)
      if (found !== undefined) value[name] = found
    }
    return value
  },

  output: (value, { output, http }, _service, requestId) => ({
    status: http?.[2] ?? 200,
    headers: { 'content-type': CONTENT_TYPE, 'x-amzn-requestid': requestId },
    body: toJson(output, value ?? {}, true),
  }),

  error: (error, status, service, requestId) => jsonError(error, status, service, requestId, CONTENT_TYPE),
}

const labelCount = ({ http }: OperationSchema): number => http?.[1].split('{').length ?? 0

/** The labels of a path template in a path, decoded; undefined where the path has another form. */
function labels(template: string, pathname: string): Record<string, string> | undefined {
  const wanted = template.split('/')
  const given = pathname.split('/')
  if (wanted.length !== given.length) return undefined
  const found: Record<string, string> = {}
  for (const [index, segment] of wanted.entries()) {
    const label = /^\{(\w+)\}$/.exec(segment)?.[1]
    const actual = given[index] ?? ''
    if (label !== undefined && actual !== '') found[label] = decodeURIComponent(actual)
    else if (segment !== actual) return undefined
  }
  return found
}

function fromQuery(schema: NormalizedSchema, url: URL, key: string | undefined): unknown {
  if (key === undefined || !url.searchParams.has(key)) return undefined
  const values = url.searchParams.getAll(key)
  if (schema.isListSchema()) return values.map(value => scalars.read(schema.getValueSchema(), value))
  return scalars.read(schema, values[0] ?? '')
}
