import { page } from '../../paging.ts'
import type { Region } from '../../region.ts'
import { addTags, recordTags, type Tags, tagFault } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { EksCluster } from './state.ts'

export const notFound = (message: string, fields: Record<string, unknown> = {}): AwsError =>
  new AwsError('ResourceNotFoundException', message, { fields })

export const inUse = (message: string, fields: Record<string, unknown> = {}): AwsError =>
  new AwsError('ResourceInUseException', message, { fields })

export const invalid = (message: string): AwsError => new AwsError('InvalidParameterException', message)

/** @throws AwsError `ResourceNotFoundException` */
export function clusterNamed({ eks }: Region, name = ''): EksCluster {
  const cluster = eks.clusters.get(name)
  if (cluster === undefined) throw notFound(`No cluster found for name: ${name}.`, { clusterName: name })
  return cluster
}

interface Paging {
  maxResults?: number | undefined
  nextToken?: string | undefined
}

/** One page in EKS's form: 100 items unless told. */
export function eksPage<T>(all: Iterable<T>, key: (item: T) => string, { maxResults, nextToken }: Paging) {
  const { items, next } = page(all, {
    key,
    token: nextToken,
    size: maxResults ?? 100,
    invalidToken: () => invalid('The nextToken is invalid.'),
  })
  return { items, rest: next === undefined ? {} : { nextToken: next } }
}

/** @throws AwsError `InvalidParameterException` */
export function checkedTags(tags: Readonly<Record<string, string>> | undefined): Tags {
  const read = recordTags.read(tags)
  const fault = tagFault(read)
  if (fault !== undefined) throw invalid(fault)
  return read
}

export function setTags(tags: Tags, more: Readonly<Record<string, string>> | undefined): void {
  addTags(tags, checkedTags(more))
}
