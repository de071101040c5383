import { XmlShapeSerializer } from '@aws-sdk/core/protocols'
import type { NormalizedSchema } from '@smithy/core/schema'
import type { SchemaRef } from './service.ts'

/** XML of a value; the schema's name is the root element. */
export function toXml(schema: SchemaRef, value: unknown, xmlNamespace: string): string {
  const serializer = new XmlShapeSerializer({
    timestampFormat: { useTrait: true, default: 5 },
    httpBindings: false,
    xmlNamespace,
    serviceNamespace: '',
  })
  serializer.write(schema as NormalizedSchema, value)
  return String(serializer.flush())
}

const STRING = 0
const STRUCTURE = 3

/** A structure schema made up here, for the envelopes that the services' models leave out. */
export const structure = (name: string, members: Readonly<Record<string, SchemaRef>>): SchemaRef =>
  [STRUCTURE, '', name, 0, Object.keys(members), Object.values(members)] as unknown as SchemaRef

export const strings = (name: string, ...members: string[]): SchemaRef =>
  structure(name, Object.fromEntries(members.map(member => [member, STRING])))
