import { type KubeObject, listOf, valueAt } from '../kubernetes/objects.ts'

/** What the status of a Gateway says. */

export const isProgrammed = (gateway: KubeObject): boolean => hasCondition(gateway, 'Programmed')

export const addressOf = (gateway: KubeObject): string | undefined => {
  const value = valueAt(gateway, 'status', 'addresses', 0, 'value')
  return typeof value === 'string' ? value : undefined
}

const hasCondition = (object: KubeObject, type: string): boolean =>
  listOf(valueAt(object, 'status', 'conditions')).some(
    condition => valueAt(condition, 'type') === type && valueAt(condition, 'status') === 'True',
  )
