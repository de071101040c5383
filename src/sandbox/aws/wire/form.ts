import { FromStringShapeDeserializer } from '@smithy/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import { AwsError } from './error.ts'

/** The dotted keys of a form, as a tree: `Filter.1.Name=x` is `{ Filter: { 1: { Name: 'x' } } }`. */
export interface Tree {
  [key: string]: Tree | string
}

export function parseForm(form: URLSearchParams): Tree {
  const root: Tree = Object.create(null)
  for (const [path, value] of form) {
    const keys = path.split('.')
    const last = keys.pop() ?? ''
    let node = root
    for (const key of keys) {
      const child = node[key]
      if (typeof child === 'object') node = child
      else {
        const created: Tree = Object.create(null)
        node[key] = created
        node = created
      }
    }
    node[last] = value
  }
  return root
}

/** How the two Query protocols name the parts of a request. */
export interface FormNames {
  member(name: string, traits: { xmlName?: string; ec2QueryName?: string }): string
  /** Lists have a level of their own, such as `member`, or none. */
  readonly listLevel: string | undefined
}

export const AWS_QUERY: FormNames = { member: (name, traits) => traits.xmlName ?? name, listLevel: 'member' }

export const EC2_QUERY: FormNames = {
  member: (name, traits) => traits.ec2QueryName ?? capitalised(traits.xmlName ?? name),
  listLevel: undefined,
}

const capitalised = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

const scalars = new FromStringShapeDeserializer({
  httpBindings: false,
  timestampFormat: { useTrait: true, default: 5 },
})

/** The typed value that a form tree stands for. */
export function fromTree(schema: NormalizedSchema, tree: Tree | string, names: FormNames): unknown {
  if (schema.isStructSchema()) return structure(schema, asTree(tree, schema), names)
  if (schema.isListSchema()) {
    const item = schema.getValueSchema()
    return numbered(level(tree, names.listLevel)).map(child => fromTree(item, child, names))
  }
  if (schema.isMapSchema()) {
    const entries = numbered(level(tree, 'entry')).map(child => asTree(child, schema))
    return Object.fromEntries(
      entries.map(entry => [String(entry.key), fromTree(schema.getValueSchema(), entry.value ?? '', names)]),
    )
  }
  if (typeof tree !== 'string') throw malformed(schema)
  return scalars.read(schema, tree)
}

function structure(schema: NormalizedSchema, tree: Tree, names: FormNames): Record<string, unknown> {
  const value: Record<string, unknown> = {}
  for (const [name, member] of schema.structIterator()) {
    const child = tree[names.member(name, member.getMergedTraits() as { xmlName?: string })]
    if (child !== undefined) value[name] = fromTree(member, child, names)
  }
  return value
}

/** An empty list is sent as an empty string. */
function level(tree: Tree | string, name: string | undefined): Tree {
  if (typeof tree === 'string') return {}
  if (name === undefined) return tree
  const inner = tree[name]
  return typeof inner === 'object' ? inner : {}
}

/** The children `1`, `2`, … in the order of their numbers. */
function numbered(tree: Tree): (Tree | string)[] {
  return Object.entries(tree)
    .filter(([key]) => /^\d+$/.test(key))
    .sort(([a], [b]) => Number(a) - Number(b))
    .map(([, child]) => child)
}

function asTree(tree: Tree | string, schema: NormalizedSchema): Tree {
  if (typeof tree === 'string') throw malformed(schema)
  return tree
}

const malformed = (schema: NormalizedSchema): AwsError =>
  new AwsError('MalformedInput', `Unexpected form of the parameter ${schema.getName() ?? ''}`)
