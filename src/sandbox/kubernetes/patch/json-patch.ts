import { isDeepStrictEqual } from 'node:util'
import { clone, type Fields, isFields } from '../objects.ts'

/** A patch that can't be carried out; `missing` where it is about a value that isn't there. */
export class PatchError extends Error {
  override readonly name = 'PatchError'
}

interface Operation {
  readonly op: string
  readonly path: string
  readonly from?: string
  readonly value?: unknown
}

const isOperation = (value: unknown): value is Operation & Fields =>
  isFields(value) && typeof value.op === 'string' && typeof value.path === 'string'

/**
 * RFC 6902.
 *
 * @throws PatchError
 */
export function jsonPatch(document: unknown, patch: unknown): unknown {
  if (!Array.isArray(patch) || !patch.every(isOperation)) throw new PatchError('a JSON patch is a list of operations')
  // The document is a field of its own, so that a patch can replace the whole of it.
  const holder: Fields = { document: clone(document) }
  for (const operation of patch) carryOut(holder, operation)
  return holder.document
}

function carryOut(holder: Fields, { op, path, from, value }: Operation): void {
  const target = pointer(path)
  if (op === 'add') return add(holder, target, clone(value), path)
  if (op === 'remove') return void remove(holder, target, path)
  if (op === 'replace') {
    remove(holder, target, path)
    return add(holder, target, clone(value), path)
  }
  if (op === 'test') {
    const found = read(holder, target, path)
    if (!isDeepStrictEqual(found, value)) throw new PatchError(`testing value ${path} failed`)
    return
  }
  if (from !== undefined && op === 'copy') return add(holder, target, clone(read(holder, pointer(from), from)), path)
  if (from !== undefined && op === 'move') return add(holder, target, remove(holder, pointer(from), from), path)
  throw new PatchError(`Unexpected kind: ${op}`)
}

function pointer(path: string): string[] {
  if (path !== '' && !path.startsWith('/'))
    throw new PatchError(`the path ${JSON.stringify(path)} does not start with /`)
  const steps = path.split('/').slice(1)
  return ['document', ...steps.map(step => step.replaceAll('~1', '/').replaceAll('~0', '~'))]
}

function read(holder: Fields, steps: readonly string[], path: string): unknown {
  let at: unknown = holder
  for (const step of steps) {
    if (Array.isArray(at)) at = at[position(step, at.length - 1, path)]
    else if (isFields(at) && Object.hasOwn(at, step)) at = at[step]
    else throw new PatchError(`the value at ${path} does not exist`)
  }
  return at
}

function parentOf(
  holder: Fields,
  steps: readonly string[],
  path: string,
): { parent: Fields | unknown[]; last: string } {
  const parent = read(holder, steps.slice(0, -1), path)
  const last = steps.at(-1) ?? ''
  if (!Array.isArray(parent) && !isFields(parent)) throw new PatchError(`the parent of ${path} is not a container`)
  return { parent, last }
}

function add(holder: Fields, steps: readonly string[], value: unknown, path: string): void {
  const { parent, last } = parentOf(holder, steps, path)
  if (Array.isArray(parent)) parent.splice(last === '-' ? parent.length : position(last, parent.length, path), 0, value)
  else parent[last] = value
}

function remove(holder: Fields, steps: readonly string[], path: string): unknown {
  const removed = read(holder, steps, path)
  const { parent, last } = parentOf(holder, steps, path)
  if (Array.isArray(parent)) parent.splice(Number(last), 1)
  else delete parent[last]
  return removed
}

function position(step: string, highest: number, path: string): number {
  if (!/^(0|[1-9]\d*)$/.test(step) || Number(step) > highest)
    throw new PatchError(`the index ${step} of ${path} is out of bounds`)
  return Number(step)
}
