/** Tags of a resource, whichever of AWS's several shapes they came in. */
export type Tags = Readonly<Record<string, string>>

interface UpperTag {
  readonly Key?: string | undefined
  readonly Value?: string | undefined
}
interface LowerTag {
  readonly key?: string | undefined
  readonly value?: string | undefined
}

/** IAM, EC2, CloudFormation and ELB write `Key`, ECS writes `key`. */
export function tagsOf(list: readonly (UpperTag | LowerTag)[] | undefined): Tags {
  return Object.fromEntries(
    (list ?? []).flatMap(tag => {
      const [key, value] = 'Key' in tag ? [tag.Key, tag.Value] : 'key' in tag ? [tag.key, tag.value] : []
      return key === undefined ? [] : [[key, value ?? '']]
    }),
  )
}

export const upperTags = (tags: Tags): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

export const lowerTags = (tags: Tags): { key: string; value: string }[] =>
  Object.entries(tags).map(([key, value]) => ({ key, value }))
