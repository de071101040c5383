import * as models from '@kubernetes/client-node'
import { atomicMaps, atomicSchemas, keyDefaults, listRules } from './merge-rules.ts'
import { any, type ScalarType, type Shape, type StructShape } from './shape.ts'

interface Attribute {
  readonly baseName: string
  readonly type: string
  readonly format: string
}

interface Model {
  getAttributeTypeMap(): Attribute[]
}

const hasAttributes = (value: unknown): value is Model => typeof value === 'function' && 'getAttributeTypeMap' in value

const scalars: Readonly<Record<string, ScalarType>> = {
  string: 'string',
  boolean: 'boolean',
  number: 'number',
  Date: 'string',
  V1MicroTime: 'string',
  IntOrString: 'int-or-string',
}

const named = new Map<string, Shape>()

/** The shape of a built-in schema, from the attributes that the public client publishes for it. */
export function builtInShape(name: string): Shape {
  const known = named.get(name)
  if (known !== undefined) return known
  const model: unknown = Object.getOwnPropertyDescriptor(models, name)?.value
  const shape = hasAttributes(model) ? structOf(name, model) : any
  named.set(name, shape)
  return shape
}

/** Its fields are read when first asked for: schemas refer to each other in circles. */
function structOf(name: string, model: Model): StructShape {
  let fields: Record<string, Shape> | undefined
  return {
    form: 'struct',
    name,
    atomic: atomicSchemas.has(name),
    open: false,
    get fields() {
      fields ??= Object.fromEntries(
        model.getAttributeTypeMap().map(attribute => [attribute.baseName, attributeShape(name, attribute)]),
      )
      return fields
    },
  }
}

function attributeShape(owner: string, { baseName, type, format }: Attribute): Shape {
  const items = /^Array<(.+)>$/.exec(type)?.[1]
  if (items !== undefined) {
    const rule = listRules[owner]?.[baseName] ?? { identity: 'atomic' }
    return { form: 'list', items: typeShape(items, format), ...rule }
  }
  const shape = typeShape(type, format)
  if (shape.form === 'map') return { ...shape, atomic: atomicMaps.has(`${owner}.${baseName}`) }
  const fallback = keyDefaults[`${owner}.${baseName}`]
  return shape.form === 'scalar' && fallback !== undefined ? { ...shape, default: fallback } : shape
}

function typeShape(type: string, format: string): Shape {
  const scalar = scalars[type]
  if (scalar !== undefined)
    return { form: 'scalar', type: format.startsWith('int') && scalar === 'number' ? 'integer' : scalar }
  const items = /^Array<(.+)>$/.exec(type)?.[1]
  if (items !== undefined) return { form: 'list', items: typeShape(items, format), identity: 'atomic' }
  const values = /^\{ \[key: string\]: (.+); \}$/.exec(type)?.[1]
  if (values !== undefined) return { form: 'map', values: typeShape(values, format), atomic: false }
  return builtInShape(type)
}
