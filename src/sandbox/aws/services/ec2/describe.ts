import { page } from '../../paging.ts'
import type { Tags } from '../../tags.ts'
import { wildcard } from '../../wildcard.ts'
import { AwsError } from '../../wire/error.ts'

interface Resource {
  readonly id: string
  readonly tags: Tags
}

/** How one kind of resource is looked up. */
export interface Kind<T> {
  /** Of the error for an id that doesn't exist. */
  readonly notFound: string
  /** `security group`: the noun in that error. */
  readonly noun: string
  /** Each filter's name, and what it looks at. */
  readonly filters: Readonly<Record<string, (item: T) => Value | readonly Value[]>>
}

type Value = string | boolean | number | undefined

interface DescribeInput {
  readonly Filters?: readonly { Name?: string | undefined; Values?: readonly string[] | undefined }[] | undefined
  readonly MaxResults?: number | undefined
  readonly NextToken?: string | undefined
}

/**
 * What every Describe operation of EC2 does: by id, by filter, by page.
 *
 * @throws AwsError the kind's `notFound`; `InvalidParameterValue` for a filter that the kind doesn't have;
 *   `InvalidParameterCombination` for ids with a page size
 */
export function describe<T extends Resource>(
  all: ReadonlyMap<string, T>,
  ids: readonly string[] | undefined,
  input: DescribeInput,
  kind: Kind<T>,
): { items: T[]; rest: { NextToken?: string } } {
  if (ids?.length && input.MaxResults !== undefined)
    throw new AwsError('InvalidParameterCombination', 'The parameter ids cannot be used with the parameter maxResults')
  const chosen = ids?.length ? ids.map(id => existing(all, id, kind)) : [...all.values()]
  const found = chosen.filter(item => (input.Filters ?? []).every(filter => matches(item, filter, kind)))
  const { items, next } = page(found, {
    key: item => item.id,
    token: input.NextToken,
    size: input.MaxResults ?? Number.POSITIVE_INFINITY,
    invalidToken: () => new AwsError('InvalidNextToken', 'The specified nextToken is invalid'),
  })
  return { items, rest: next === undefined ? {} : { NextToken: next } }
}

/** @throws AwsError the kind's `notFound` */
export function existing<T>(
  all: ReadonlyMap<string, T>,
  id: string | undefined,
  { notFound, noun }: Pick<Kind<T>, 'notFound' | 'noun'>,
): T {
  const found = all.get(id ?? '')
  if (found === undefined) throw new AwsError(notFound, `The ${noun} '${id}' does not exist`)
  return found
}

type Filter = NonNullable<DescribeInput['Filters']>[number]

function matches<T extends Resource>(item: T, { Name = '', Values = [] }: Filter, kind: Kind<T>): boolean {
  const actual = filtered(item, Name, kind)
  return Values.some(pattern => actual.some(value => value !== undefined && wildcard(pattern).test(String(value))))
}

function filtered<T extends Resource>(item: T, name: string, kind: Kind<T>): readonly Value[] {
  if (name.startsWith('tag:')) return [item.tags.get(name.slice('tag:'.length))]
  if (name === 'tag-key') return [...item.tags.keys()]
  const read = kind.filters[name]
  if (read === undefined) throw new AwsError('InvalidParameterValue', `The filter '${name}' is invalid`)
  return [read(item)].flat()
}
