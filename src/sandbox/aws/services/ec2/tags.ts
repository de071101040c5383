import type * as sdk from '@aws-sdk/client-ec2'
import { addTags, MAX_TAGS, type Tags, tagFault, upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, type Kind } from './describe.ts'
import type { Ec2State } from './state.ts'

/** The tags that a request gives to what it creates. @throws AwsError `InvalidParameterValue`, `TagLimitExceeded` */
export function specifiedTags(specifications: readonly sdk.TagSpecification[] | undefined, type: string): Tags {
  for (const { ResourceType } of specifications ?? [])
    if (ResourceType !== type)
      throw new AwsError(
        'InvalidParameterValue',
        `'${ResourceType}' is not a valid taggable resource type for this operation.`,
      )
  const tags = upperTags.read(specifications?.flatMap(({ Tags }) => Tags ?? []))
  checkTags(tags)
  return tags
}

function checkTags(tags: Tags): void {
  const fault = tagFault(tags)
  if (fault !== undefined) throw new AwsError('InvalidParameterValue', fault)
  if (tags.size > MAX_TAGS) throw new AwsError('TagLimitExceeded', 'The maximum number of tags has been reached.')
}

/** The word for each kind of resource in a tag's description, with where they are. */
const kinds = (ec2: Ec2State) => ({
  vpc: ec2.vpcs,
  subnet: ec2.subnets,
  'security-group': ec2.groups,
  'security-group-rule': ec2.rules,
  'network-interface': ec2.interfaces,
  'route-table': ec2.routeTables,
  'internet-gateway': ec2.internetGateways,
  natgateway: ec2.natGateways,
  'vpc-endpoint': ec2.endpoints,
  instance: ec2.instances,
  volume: ec2.volumes,
})

function tagsOf(ec2: Ec2State, id: string): Tags {
  for (const all of Object.values(kinds(ec2))) {
    const found = all.get(id)
    if (found !== undefined) return found.tags
  }
  throw new AwsError('InvalidID', `The ID '${id}' is not valid`)
}

interface TagEntry {
  readonly id: string
  readonly tags: Tags
  readonly resourceId: string
  readonly type: string
  readonly key: string
  readonly value: string
}

const TAG: Kind<TagEntry> = {
  notFound: 'InvalidID',
  noun: 'tag',
  filters: {
    key: tag => tag.key,
    value: tag => tag.value,
    'resource-id': tag => tag.resourceId,
    'resource-type': tag => tag.type,
  },
}

export const tagOperations = {
  CreateTags({ Resources = [], Tags }, { region: { ec2 } }) {
    const more = upperTags.read(Tags)
    const all = Resources.map(id => tagsOf(ec2, id))
    for (const tags of all) {
      checkTags(new Map([...tags, ...more]))
      addTags(tags, more)
    }
    return {}
  },

  /** A tag that is given with a value goes only where it has that value. */
  DeleteTags({ Resources = [], Tags }, { region: { ec2 } }) {
    for (const tags of Resources.map(id => tagsOf(ec2, id))) {
      if (Tags === undefined) tags.clear()
      for (const { Key = '', Value } of Tags ?? []) if (Value === undefined || tags.get(Key) === Value) tags.delete(Key)
    }
    return {}
  },

  DescribeTags(input, { region: { ec2 } }) {
    const all = Object.entries(kinds(ec2)).flatMap(([type, resources]) =>
      [...resources.values()].flatMap(({ id, tags }) =>
        Array.from(tags, ([key, value]) => ({ id: `${id} ${key}`, tags, resourceId: id, type, key, value })),
      ),
    )
    const { items, rest } = describe(new Map(all.map(tag => [tag.id, tag])), undefined, input, TAG)
    return {
      Tags: items.map(tag => ({
        ResourceId: tag.resourceId,
        ResourceType: tag.type as sdk.ResourceType,
        Key: tag.key,
        Value: tag.value,
      })),
      ...rest,
    }
  },
} satisfies Handlers<typeof sdk>
