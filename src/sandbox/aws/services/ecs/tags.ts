import type * as sdk from '@aws-sdk/client-ecs'
import type { Region } from '../../region.ts'
import { addTags, lowerTags, MAX_TAGS, type Tags, tagFault } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { anyCluster, findDefinition, invalid, nameOf } from './lookup.ts'

/** @throws AwsError `InvalidParameterException` */
export function checkedTags(tags: readonly sdk.Tag[] | undefined): Tags {
  const read = lowerTags.read(tags)
  if (read.size < (tags?.length ?? 0)) throw invalid('Duplicate keys found. Tag keys must be unique.')
  check(read)
  return read
}

function check(tags: Tags): void {
  const fault = tagFault(tags)
  if (fault !== undefined) throw invalid(fault)
  if (tags.size > MAX_TAGS) throw invalid(`Too many tags: at most ${MAX_TAGS} are allowed.`)
}

/** The resource's tags, by the kind and the names that its ARN holds. */
function tagsOf(region: Region, arn = ''): Tags {
  const [kind = '', ...path] = arn.split(':').slice(5).join(':').split('/')
  const cluster = () => anyCluster(region, path[0])
  const finders: Readonly<Record<string, () => { tags: Tags } | undefined>> = {
    cluster,
    service: () => cluster()?.services.get(nameOf(arn)),
    task: () => cluster()?.tasks.get(nameOf(arn)),
    'task-definition': () => findDefinition(region, arn),
  }
  const found = finders[kind]?.()
  if (found === undefined && kind !== 'task-definition' && cluster() === undefined)
    throw new AwsError('ClusterNotFoundException', 'Cluster not found.')
  if (found === undefined) throw invalid(`The specified resource could not be found: ${arn}`)
  return found.tags
}

export const tagOperations = {
  TagResource({ resourceArn, tags }, { region }) {
    const existing = tagsOf(region, resourceArn)
    const more = checkedTags(tags)
    check(new Map([...existing, ...more]))
    addTags(existing, more)
    return {}
  },

  UntagResource({ resourceArn, tagKeys }, { region }) {
    const tags = tagsOf(region, resourceArn)
    for (const key of tagKeys ?? []) tags.delete(key)
    return {}
  },

  ListTagsForResource: ({ resourceArn }, { region }) => ({ tags: lowerTags.write(tagsOf(region, resourceArn)) }),
} satisfies Handlers<typeof sdk>
