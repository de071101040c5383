import type { NormalizedSchema } from '@smithy/core/schema'

/** Where in a schema's array the number of its required members stands; they come first. */
const REQUIRED_COUNT = 6

/** The path of the first required member that a value lacks, such as `tags.0.key`, or undefined. */
export function missingMember(schema: NormalizedSchema, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined
  if (schema.isStructSchema()) return missingInStructure(schema, value as Record<string, unknown>)
  if (schema.isListSchema() && Array.isArray(value)) return missingInEach(schema.getValueSchema(), value.entries())
  if (schema.isMapSchema()) return missingInEach(schema.getValueSchema(), Object.entries(value as object))
  return undefined
}

function missingInStructure(schema: NormalizedSchema, value: Record<string, unknown>): string | undefined {
  const required = (schema.getSchema() as unknown[])[REQUIRED_COUNT] as number | undefined
  let index = 0
  for (const [name, member] of schema.structIterator()) {
    if (index++ < (required ?? 0) && (value[name] === undefined || value[name] === null)) return name
    const missing = missingMember(member, value[name])
    if (missing !== undefined) return `${name}.${missing}`
  }
  return undefined
}

function missingInEach(schema: NormalizedSchema, entries: Iterable<[string | number, unknown]>): string | undefined {
  for (const [key, value] of entries) {
    const missing = missingMember(schema, value)
    if (missing !== undefined) return `${key}.${missing}`
  }
  return undefined
}
