import { CLUSTER_TAG, MANAGED_TAG, userTag } from '../config/names.ts'
import type { Settings } from '../config/settings.ts'
import type { Tags } from './tags.ts'

/** Which cluster something belongs to: the two settings that ownership marks are made of. */
export type Owner = Pick<Settings, 'region' | 'clusterName'>

/** Whose a resource is, told by its tags alone; a name proves nothing. */
export type Ownership =
  /** Made by us for this cluster (or account-wide by us). */
  | 'ours'
  /** Made by this program for another cluster. */
  | 'other-cluster'
  /** Made by somebody else. */
  | 'foreign'

/** The mark of what belongs to one cluster. */
export const clusterTags = ({ clusterName }: Pick<Settings, 'clusterName'>): Tags => ({ [CLUSTER_TAG]: clusterName })

/** The marks of an account-wide resource that this cluster uses. */
export const sharedTags = (owner: Owner): Tags => ({ [MANAGED_TAG]: 'true', [userTag(owner)]: 'true' })

/** Of a resource that belongs to one cluster. */
export function ownership(tags: Tags, { clusterName }: Pick<Settings, 'clusterName'>): Ownership {
  const cluster = tags[CLUSTER_TAG]
  if (cluster === undefined) return 'foreign'
  return cluster === clusterName ? 'ours' : 'other-cluster'
}

export const isOurs = (tags: Tags, owner: Pick<Settings, 'clusterName'>): boolean => ownership(tags, owner) === 'ours'

/** Whether an account-wide resource was made by this program, for whichever cluster. */
export const isManaged = (tags: Tags): boolean => tags[MANAGED_TAG] !== undefined

const USER_TAG = userTag({ region: '', clusterName: '' }).replace(/\.$/, '')

/** The keys of the tags that say which clusters use an account-wide resource. */
export const userTags = (tags: Tags): readonly string[] => Object.keys(tags).filter(key => key.startsWith(USER_TAG))

/** The clusters but this one that still use an account-wide resource, as `<region>.<cluster>`. */
export const otherUsers = (tags: Tags, owner: Owner): readonly string[] =>
  userTags(tags)
    .filter(key => key !== userTag(owner))
    .map(key => key.slice(USER_TAG.length))
