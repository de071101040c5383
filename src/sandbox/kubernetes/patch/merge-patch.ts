import { clone, type Fields, fieldsOf, isFields } from '../objects.ts'

/** RFC 7386: objects come together field by field, `null` takes a field away, everything else is replaced. */
export function mergePatch(document: unknown, patch: unknown): unknown {
  if (!isFields(patch)) return clone(patch)
  const merged: Fields = { ...fieldsOf(document) }
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) delete merged[name]
    else merged[name] = mergePatch(merged[name], value)
  }
  return merged
}
