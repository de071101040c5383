import type * as sdk from '@aws-sdk/client-iam'
import { iamId } from '../../ids.ts'
import type { Region } from '../../region.ts'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import * as common from './common.ts'
import { checkPolicy, checkTrust } from './documents.ts'
import { ASSUMABLE_AFTER, type Role, VISIBLE_AFTER } from './state.ts'

const { conflict, iamPage, isVisible, noSuch, roleNamed, visibleRole } = common

const HOUR = 3600

/** A role as the service shows it: the trust document is URL-encoded. */
export function shown(role: Role) {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: role.created,
    AssumeRolePolicyDocument: encodeURIComponent(role.trust),
    MaxSessionDuration: role.maxSessionDuration,
    ...(role.description === undefined ? {} : { Description: role.description }),
    ...(role.tags.size === 0 ? {} : { Tags: upperTags.write(role.tags) }),
  }
}

/** Lists leave the tags out. */
function listed(role: Role) {
  const { Tags, ...rest } = shown(role)
  return rest
}

/** Makes a role; the checks of a request are the caller's. */
export function addRole(region: Region, role: Pick<Role, 'name' | 'path' | 'trust'> & Partial<Role>): Role {
  const now = region.clock.now()
  const made: Role = {
    arn: `arn:${region.partition}:iam::${region.account}:role${role.path}${role.name}`,
    id: iamId('AROA'),
    description: undefined,
    maxSessionDuration: HOUR,
    created: new Date(now),
    attached: new Set(),
    inline: new Map(),
    instanceProfiles: new Set(),
    tags: new Map(),
    visibleFrom: now + VISIBLE_AFTER,
    assumableFrom: now + ASSUMABLE_AFTER,
    ...role,
  }
  region.iam.roles.set(made.name, made)
  return made
}

export const roleOperations = {
  CreateRole(input, context) {
    const { iam } = context.region
    const name = input.RoleName ?? ''
    const path = input.Path ?? '/'
    common.checkName('roleName', name, 64)
    common.checkPath(path)
    common.checkDescription(input.Description)
    checkTrust(input.AssumeRolePolicyDocument ?? '', iam, common.now(context))
    if (iam.roles.has(name)) throw new AwsError('EntityAlreadyExists', `Role with name ${name} already exists.`)
    const tags = new Map<string, string>()
    common.setTags(tags, upperTags.read(input.Tags))
    const role = addRole(context.region, {
      name,
      path,
      trust: input.AssumeRolePolicyDocument ?? '',
      description: input.Description,
      maxSessionDuration: input.MaxSessionDuration ?? HOUR,
      tags,
    })
    return { Role: shown(role) }
  },

  GetRole: ({ RoleName }, context) => ({ Role: shown(visibleRole(RoleName, context)) }),

  ListRoles({ PathPrefix = '/', ...paging }, context) {
    const roles = [...context.region.iam.roles.values()]
    const found = roles.filter(role => isVisible(role, context) && role.path.startsWith(PathPrefix))
    const { items, rest } = iamPage(found, role => role.name, paging)
    return { Roles: items.map(listed), ...rest }
  },

  UpdateRole({ RoleName, Description, MaxSessionDuration }, context) {
    const role = roleNamed(RoleName, context)
    role.description = Description ?? role.description
    role.maxSessionDuration = MaxSessionDuration ?? role.maxSessionDuration
    return {}
  },

  UpdateAssumeRolePolicy({ RoleName, PolicyDocument }, context) {
    const role = roleNamed(RoleName, context)
    checkTrust(PolicyDocument ?? '', context.region.iam, common.now(context))
    role.trust = PolicyDocument ?? ''
    return {}
  },

  DeleteRole({ RoleName }, context) {
    const role = roleNamed(RoleName, context)
    if (role.path.startsWith('/aws-service-role/'))
      throw new AwsError('UnmodifiableEntity', 'Cannot perform the operation on a service-linked role.')
    if (role.instanceProfiles.size > 0)
      throw conflict('Cannot delete entity, must remove roles from instance profile first.')
    if (role.attached.size > 0) throw conflict('Cannot delete entity, must detach all policies first.')
    if (role.inline.size > 0) throw conflict('Cannot delete entity, must delete policies first.')
    context.region.iam.roles.delete(role.name)
    return {}
  },

  TagRole({ RoleName, Tags }, context) {
    common.setTags(roleNamed(RoleName, context).tags, upperTags.read(Tags))
    return {}
  },

  UntagRole({ RoleName, TagKeys }, context) {
    const role = roleNamed(RoleName, context)
    for (const key of TagKeys ?? []) role.tags.delete(key)
    return {}
  },

  ListRoleTags({ RoleName, ...paging }, context) {
    const tags = upperTags.write(visibleRole(RoleName, context).tags)
    const { items, rest } = iamPage(tags, tag => tag.Key, paging)
    return { Tags: items, ...rest }
  },

  PutRolePolicy({ RoleName, PolicyName, PolicyDocument }, context) {
    const role = roleNamed(RoleName, context)
    checkPolicy(PolicyDocument ?? '')
    role.inline.set(PolicyName ?? '', PolicyDocument ?? '')
    return {}
  },

  GetRolePolicy({ RoleName, PolicyName = '' }, context) {
    const document = visibleRole(RoleName, context).inline.get(PolicyName)
    if (document === undefined) throw noSuch(`The role policy with name ${PolicyName} cannot be found.`)
    return { RoleName, PolicyName, PolicyDocument: encodeURIComponent(document) }
  },

  DeleteRolePolicy({ RoleName, PolicyName = '' }, context) {
    if (!roleNamed(RoleName, context).inline.delete(PolicyName))
      throw noSuch(`The role policy with name ${PolicyName} cannot be found.`)
    return {}
  },

  ListRolePolicies({ RoleName, ...paging }, context) {
    const { items, rest } = iamPage(visibleRole(RoleName, context).inline.keys(), name => name, paging)
    return { PolicyNames: items, ...rest }
  },

  ListInstanceProfilesForRole({ RoleName }, context) {
    visibleRole(RoleName, context)
    return { InstanceProfiles: [], IsTruncated: false }
  },
} satisfies Handlers<typeof sdk>
