import { isDeepStrictEqual } from 'node:util'
import { ApplyConflict, apply, type Owner, ownersAfterUpdate, readOwners } from '../fields/ownership.ts'
import { TypedValueError } from '../fields/typed.ts'
import { clone, type Fields, isFields, type KubeObject, type ObjectInput } from '../objects.ts'
import { jsonPatch, PatchError } from '../patch/json-patch.ts'
import { mergePatch } from '../patch/merge-patch.ts'
import { strategicPatch } from '../patch/strategic-patch.ts'
import { badRequest, StatusError } from '../status-error.ts'
import { untypable } from './decoding.ts'
import type { Endpoint } from './endpoint.ts'
import type { Kind, KindVersion } from './kinds.ts'

export type PatchType = 'json' | 'merge' | 'strategic'

const patches: Readonly<Record<PatchType, (version: KindVersion, document: unknown, patch: unknown) => unknown>> = {
  json: (_, document, patch) => jsonPatch(document, patch),
  merge: (_, document, patch) => mergePatch(document, patch),
  strategic: ({ shape }, document, patch) => strategicPatch(shape, document, patch),
}

/** @throws StatusError 400, 422 for a patch that can't be carried out */
export function patched(version: KindVersion, live: KubeObject, patch: unknown, type: PatchType): ObjectInput {
  if (type === 'json' && !Array.isArray(patch))
    throw badRequest('error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp')
  try {
    const object = patches[type](version, clone(live), patch)
    if (!isFields(object)) throw new PatchError('the patch leaves no object')
    return object as ObjectInput
  } catch (error) {
    if (!(error instanceof PatchError)) throw error
    throw new StatusError(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
  }
}

/**
 * A configuration laid over what stands, by server-side apply.
 *
 * @throws StatusError 409 with a cause for each field that another manager owns
 */
export function applied(
  kind: Kind,
  endpoint: Endpoint,
  live: KubeObject | undefined,
  config: ObjectInput,
  options: { readonly force: boolean; readonly now: string },
): { object: ObjectInput; owners: Owner[] } {
  const base = live === undefined ? skeleton(config) : withoutManagers(live)
  const owners = readOwners(live?.metadata.managedFields)
  const writer = { ...endpoint.writer, operation: 'Apply' } as const
  try {
    const outcome = apply(endpoint.version.shape, base, config, owners, writer, { ...options, scope: endpoint.scope })
    return { object: outcome.object as ObjectInput, owners: outcome.owners }
  } catch (error) {
    if (error instanceof ApplyConflict) throw conflictStatus(error)
    if (error instanceof TypedValueError) throw untypable(kind, config, error.message)
    throw error
  }
}

/** Who owns what of an object that was written as a whole: created, replaced or patched. */
export function ownersOfWrite(
  endpoint: Endpoint,
  live: KubeObject | undefined,
  next: KubeObject,
  owners: readonly Owner[],
  now: string,
): Owner[] {
  const { version, scope, writer } = endpoint
  const before = live === undefined ? skeleton(next) : withoutManagers(live)
  return ownersAfterUpdate(
    version.shape,
    before,
    withoutManagers(next),
    owners,
    { ...writer, operation: 'Update' },
    scope,
    now,
  )
}

const skeleton = ({ apiVersion, kind }: ObjectInput | KubeObject): Fields => ({ apiVersion, kind, metadata: {} })

function withoutManagers(object: KubeObject): Fields {
  const { managedFields: _, ...metadata } = object.metadata
  return { ...object, metadata }
}

/** Whether two versions differ in nothing but when, and of which generation, they are. */
export function sameContent(one: KubeObject, other: KubeObject): boolean {
  const content = (object: KubeObject) => {
    const owners = (object.metadata.managedFields ?? []).map(({ time: _, ...owner }) => owner)
    return { ...object, metadata: { ...object.metadata, generation: 0, managedFields: owners } }
  }
  return isDeepStrictEqual(content(one), content(other))
}

function conflictStatus({ message, conflicts }: ApplyConflict): StatusError {
  const causes = conflicts.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${owner}`,
    field: path,
  }))
  return new StatusError(409, 'Conflict', message, { causes })
}
