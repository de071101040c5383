import { isDeepStrictEqual } from 'node:util'
import type { ManagedFieldsEntry } from '../objects.ts'
import { FieldSet, printPath } from './field-set.ts'
import type { Shape } from './shape.ts'
import { compare, fieldSet, merge, rejectDuplicates, removeFields, withNamedFields } from './typed.ts'

/** Who writes, and how: what tells the owners of an object's fields apart. */
export interface Writer {
  readonly manager: string
  readonly operation: 'Apply' | 'Update'
  readonly apiVersion: string
  readonly subresource?: string
}

export interface Owner extends Writer {
  readonly time?: string
  readonly fields: FieldSet
}

export interface FieldConflict {
  /** `conflict with "kubectl" using apps/v1`, without the first two words. */
  readonly owner: string
  readonly path: string
}

export class ApplyConflict extends Error {
  override readonly name = 'ApplyConflict'
  readonly conflicts: readonly FieldConflict[]

  constructor(conflicts: readonly FieldConflict[]) {
    super(conflictMessage(conflicts))
    this.conflicts = conflicts
  }
}

/** Which of an object's fields a request may own; the others are the server's or another endpoint's. */
export type Scope = (set: FieldSet) => FieldSet

const serverFields = FieldSet.of([
  ['f:apiVersion'],
  ['f:kind'],
  ['f:metadata'],
  ...[
    'name',
    'namespace',
    'creationTimestamp',
    'selfLink',
    'uid',
    'generation',
    'managedFields',
    'resourceVersion',
  ].map(name => ['f:metadata', `f:${name}`]),
])

const sameWriter = (one: Writer, other: Writer) =>
  one.manager === other.manager &&
  one.operation === other.operation &&
  one.subresource === other.subresource &&
  // One applier owns one set, whatever version it spoke last.
  (one.operation === 'Apply' || one.apiVersion === other.apiVersion)

export function readOwners(entries: readonly ManagedFieldsEntry[] | undefined): Owner[] {
  return (entries ?? [])
    .filter(entry => entry.fieldsV1 !== undefined)
    .map(({ fieldsType: _, fieldsV1, ...owner }) => ({ ...owner, fields: FieldSet.fromJson(fieldsV1) }))
}

export function writeOwners(owners: readonly Owner[]): ManagedFieldsEntry[] {
  const order = (owner: Owner) => [owner.operation, owner.time ?? '', owner.manager, owner.subresource ?? ''].join('\0')
  return [...owners]
    .filter(owner => !owner.fields.isEmpty)
    .sort((one, other) => (order(one) < order(other) ? -1 : 1))
    .map(({ fields, ...owner }) => ({ ...owner, fieldsType: 'FieldsV1', fieldsV1: fields.toJson() }))
}

/**
 * Who owns what after `writer` has replaced `live` by `next`: it gains what it added or changed, the others lose what
 * was changed or removed under them.
 */
export function ownersAfterUpdate(
  shape: Shape,
  live: unknown,
  next: unknown,
  owners: readonly Owner[],
  writer: Writer,
  scope: Scope,
  now: string,
): Owner[] {
  const found = compare(shape, live, next)
  const written = scope(found.added.union(found.modified))
  const removed = scope(found.removed)
  const others = owners
    .filter(owner => !sameWriter(owner, writer))
    .map(owner => ({ ...owner, fields: owner.fields.difference(written).difference(removed) }))
  const before = owners.find(owner => sameWriter(owner, writer))
  const fields = (before?.fields ?? FieldSet.empty).difference(removed).union(written).difference(serverFields)
  return [...others, stamped(before, writer, fields, now)].filter(owner => !owner.fields.isEmpty)
}

/**
 * Server-side apply: lays `config` over `live`, takes away what this applier applied before, no longer applies and
 * nobody else owns, and works out who owns what.
 *
 * @throws ApplyConflict another manager owns a field that this would change, and `force` is not set
 * @throws TypedValueError two items of one list have the same key, or one has none
 */
export function apply(
  shape: Shape,
  live: unknown,
  config: unknown,
  owners: readonly Owner[],
  writer: Writer,
  options: { readonly force: boolean; readonly scope: Scope; readonly now: string },
): { object: unknown; owners: Owner[] } {
  rejectDuplicates(shape, config)
  if (owners.length === 0) owners = ownersBeforeFirstApply(shape, live, writer, options.scope, options.now)
  const before = owners.find(owner => sameWriter(owner, writer))
  const applied = options.scope(fieldSet(shape, config))
  const fields = applied.difference(serverFields)
  const others = owners.filter(owner => !sameWriter(owner, writer))
  const managed = others.reduce((all, owner) => all.union(owner.fields), applied)
  const object = prune(shape, merge(shape, live, config), before?.fields ?? FieldSet.empty, managed)

  const found = compare(shape, live, object)
  const written = options.scope(found.added.union(found.modified))
  const contested = others.map(owner => ({ owner, fields: owner.fields.intersection(written) }))
  const conflicts = contested.flatMap(({ owner, fields }) =>
    [...fields.paths()].map(path => ({ owner: describeOwner(owner), path: printPath(path) })),
  )
  if (conflicts.length > 0 && !options.force) throw new ApplyConflict(conflicts)

  const left = others.map(owner => ({ ...owner, fields: owner.fields.difference(written).difference(found.removed) }))
  const mine = isDeepStrictEqual(live, object) && before?.fields.equals(fields) ? before : undefined
  return {
    object,
    owners: [...left, mine ?? stamped(before, writer, fields, options.now)].filter(owner => !owner.fields.isEmpty),
  }
}

/** What stands in an object that nobody owns anything of isn't the applier's, and isn't taken from nobody either. */
function ownersBeforeFirstApply(
  shape: Shape,
  live: unknown,
  { apiVersion }: Writer,
  scope: Scope,
  now: string,
): Owner[] {
  return ownersAfterUpdate(
    shape,
    {},
    live,
    [],
    { manager: 'before-first-apply', operation: 'Update', apiVersion },
    scope,
    now,
  )
}

/** Takes away what was applied `last`, except what anyone manages now and what was never applied. */
function prune(shape: Shape, merged: unknown, last: FieldSet, managed: FieldSet): unknown {
  if (last.isEmpty) return merged
  const named = (set: FieldSet) => withNamedFields(shape, set)
  const setOf = (object: unknown) => named(fieldSet(shape, object))
  const mergedSet = setOf(merged)
  const withoutLast = removeFields(shape, merged, named(last))
  const ownedBack = removeFields(shape, merged, mergedSet.difference(setOf(withoutLast).union(named(managed))))
  return removeFields(shape, merged, mergedSet.difference(setOf(ownedBack)).intersection(named(last)))
}

function stamped(before: Owner | undefined, writer: Writer, fields: FieldSet, now: string): Owner {
  const unchanged = before?.fields.equals(fields) === true
  return { ...writer, time: unchanged ? (before.time ?? now) : now, fields }
}

function describeOwner(owner: Owner): string {
  const name = JSON.stringify(owner.manager) + (owner.subresource ? ` with subresource "${owner.subresource}"` : '')
  return owner.operation === 'Apply' ? name : `${name} using ${owner.apiVersion}`
}

function conflictMessage(conflicts: readonly FieldConflict[]): string {
  const [first] = conflicts
  if (conflicts.length === 1 && first)
    return `Apply failed with 1 conflict: conflict with ${first.owner}: ${first.path}`
  const lines = [...Map.groupBy(conflicts, conflict => conflict.owner)]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .flatMap(([owner, paths]) => [`conflicts with ${owner}:`, ...paths.map(conflict => `- ${conflict.path}`)])
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`
}
