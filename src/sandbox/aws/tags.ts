/** Tags as a plain map; each service has a list form of its own. */
export type Tags = Map<string, string>

interface UpperTag {
  Key?: string | undefined
  Value?: string | undefined
}
interface LowerTag {
  key?: string | undefined
  value?: string | undefined
}

/** `{ Key, Value }`: IAM, EC2, ELB, CloudFormation. */
export const upperTags = {
  read: (tags: readonly UpperTag[] | undefined): Tags =>
    new Map((tags ?? []).map(({ Key, Value }) => [Key ?? '', Value ?? ''])),
  write: (tags: Tags): { Key: string; Value: string }[] => Array.from(tags, ([Key, Value]) => ({ Key, Value })),
}

/** `{ key, value }`: ECS. */
export const lowerTags = {
  read: (tags: readonly LowerTag[] | undefined): Tags =>
    new Map((tags ?? []).map(({ key, value }) => [key ?? '', value ?? ''])),
  write: (tags: Tags): { key: string; value: string }[] => Array.from(tags, ([key, value]) => ({ key, value })),
}

/** A plain object: EKS, CloudWatch Logs. */
export const recordTags = {
  read: (tags: Readonly<Record<string, string>> | undefined): Tags => new Map(Object.entries(tags ?? {})),
  write: (tags: Tags): Record<string, string> => Object.fromEntries(tags),
}

/** Sets `more` in `tags`; a key that exists gets the new value. */
export function addTags(tags: Tags, more: Tags): void {
  for (const [key, value] of more) tags.set(key, value)
}

/** What every service says of a tag; the services differ in the error's code and in which limits they check first. */
export const MAX_TAGS = 50
const MAX_TAG_KEY = 128
const MAX_TAG_VALUE = 256
const TAG_CHARACTERS = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Why these tags can't be set, in words, or undefined. */
export function tagFault(tags: Tags): string | undefined {
  for (const [key, value] of tags) {
    if (key === '' || key.length > MAX_TAG_KEY) return `Tag key must have a length between 1 and ${MAX_TAG_KEY}`
    if (value.length > MAX_TAG_VALUE) return `Tag value must have a length of at most ${MAX_TAG_VALUE}`
    if (!TAG_CHARACTERS.test(key) || !TAG_CHARACTERS.test(value))
      return `Tag ${key} has characters that are not allowed`
    if (key.toLowerCase().startsWith('aws:')) return `Tag keys starting with 'aws:' are reserved for system use`
  }
  return undefined
}
