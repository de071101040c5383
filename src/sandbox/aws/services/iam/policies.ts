import type * as sdk from '@aws-sdk/client-iam'
import type { Context } from '../../context.ts'
import { iamId } from '../../ids.ts'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import * as common from './common.ts'
import { checkPolicy } from './documents.ts'
import { type IamState, type Policy, type PolicyVersion, VISIBLE_AFTER } from './state.ts'

const { conflict, iamPage, isVisible, noSuch, policyOf, visiblePolicy } = common

const MAX_VERSIONS = 5

const attachedRoles = (policy: Policy, iam: IamState) =>
  [...iam.roles.values()].filter(role => role.attached.has(policy.arn))

const isAws = (policy: Policy): boolean => policy.arn.includes(':iam::aws:')

function shown(policy: Policy, { region }: Context) {
  return {
    PolicyName: policy.name,
    PolicyId: policy.id,
    Arn: policy.arn,
    Path: policy.path,
    DefaultVersionId: policy.defaultVersion,
    AttachmentCount: attachedRoles(policy, region.iam).length,
    PermissionsBoundaryUsageCount: 0,
    IsAttachable: true,
    CreateDate: policy.created,
    UpdateDate: policy.updated,
  }
}

/** GetPolicy shows more than lists do. */
const described = (policy: Policy, context: Context) => ({
  ...shown(policy, context),
  ...(policy.description === undefined ? {} : { Description: policy.description }),
  Tags: upperTags.write(policy.tags),
})

const shownVersion = ({ id, created }: PolicyVersion, policy: Policy) => ({
  VersionId: id,
  IsDefaultVersion: id === policy.defaultVersion,
  CreateDate: created,
})

function versionOf(policy: Policy, id: string | undefined): PolicyVersion {
  const version = policy.versions.find(version => version.id === id)
  if (version === undefined) throw noSuch(`Policy ${policy.arn} version ${id} does not exist or is not attachable.`)
  return version
}

/** @throws AwsError `AccessDenied` for a policy of AWS's own */
function ownPolicy(arn: string | undefined, context: Context): Policy {
  const policy = policyOf(arn, context)
  if (isAws(policy))
    throw new AwsError('AccessDenied', `${context.caller.arn} may not change the AWS managed policy ${arn}`, {
      status: 403,
    })
  return policy
}

export const policyOperations = {
  CreatePolicy(input, context) {
    const { region } = context
    const now = region.clock.now()
    const name = input.PolicyName ?? ''
    const path = input.Path ?? '/'
    common.checkName('policyName', name, 128)
    common.checkPath(path)
    common.checkDescription(input.Description)
    checkPolicy(input.PolicyDocument ?? '')
    const arn = `arn:${region.partition}:iam::${region.account}:policy${path}${name}`
    const owned = [...region.iam.policies.values()].filter(policy => !isAws(policy))
    if (owned.some(policy => policy.name === name))
      throw new AwsError(
        'EntityAlreadyExists',
        `A policy called ${name} already exists. Duplicate names are not allowed.`,
      )
    const tags = new Map<string, string>()
    common.setTags(tags, upperTags.read(input.Tags))
    const created = new Date(now)
    const policy: Policy = {
      arn,
      name,
      path,
      id: iamId('ANPA'),
      description: input.Description,
      created,
      updated: created,
      versions: [{ id: 'v1', document: input.PolicyDocument ?? '', created }],
      defaultVersion: 'v1',
      versionCount: 1,
      tags,
      visibleFrom: now + VISIBLE_AFTER,
    }
    region.iam.policies.set(arn, policy)
    return { Policy: { ...shown(policy, context), Tags: upperTags.write(tags) } }
  },

  GetPolicy: ({ PolicyArn }, context) => ({ Policy: described(visiblePolicy(PolicyArn, context), context) }),

  ListPolicies({ Scope = 'All', OnlyAttached = false, PathPrefix = '/', ...paging }, context) {
    const found = [...context.region.iam.policies.values()].filter(
      policy =>
        isVisible(policy, context) &&
        policy.path.startsWith(PathPrefix) &&
        (Scope === 'All' || (Scope === 'AWS') === isAws(policy)) &&
        (!OnlyAttached || attachedRoles(policy, context.region.iam).length > 0),
    )
    const { items, rest } = iamPage(found, policy => policy.arn, paging)
    return { Policies: items.map(policy => shown(policy, context)), ...rest }
  },

  DeletePolicy({ PolicyArn }, context) {
    const policy = ownPolicy(PolicyArn, context)
    if (attachedRoles(policy, context.region.iam).length > 0)
      throw conflict('Cannot delete a policy attached to entities.')
    if (policy.versions.length > 1)
      throw conflict(
        "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. The default version is deleted with the policy.",
      )
    context.region.iam.policies.delete(policy.arn)
    return {}
  },

  CreatePolicyVersion({ PolicyArn, PolicyDocument = '', SetAsDefault = false }, context) {
    const policy = ownPolicy(PolicyArn, context)
    checkPolicy(PolicyDocument)
    if (policy.versions.length >= MAX_VERSIONS)
      throw new AwsError(
        'LimitExceeded',
        'A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing version.',
      )
    const created = new Date(common.now(context))
    const version = { id: `v${++policy.versionCount}`, document: PolicyDocument, created }
    policy.versions.push(version)
    if (SetAsDefault) {
      policy.defaultVersion = version.id
      policy.updated = created
    }
    return { PolicyVersion: shownVersion(version, policy) }
  },

  GetPolicyVersion({ PolicyArn, VersionId }, context) {
    const policy = visiblePolicy(PolicyArn, context)
    const version = versionOf(policy, VersionId)
    return { PolicyVersion: { ...shownVersion(version, policy), Document: encodeURIComponent(version.document) } }
  },

  ListPolicyVersions({ PolicyArn, ...paging }, context) {
    const policy = visiblePolicy(PolicyArn, context)
    const { items, rest } = iamPage(policy.versions, newestFirst, paging)
    return { Versions: items.map(version => shownVersion(version, policy)), ...rest }
  },

  DeletePolicyVersion({ PolicyArn, VersionId }, context) {
    const policy = ownPolicy(PolicyArn, context)
    const version = versionOf(policy, VersionId)
    if (version.id === policy.defaultVersion) throw conflict('Cannot delete the default version of a policy.')
    policy.versions = policy.versions.filter(({ id }) => id !== version.id)
    return {}
  },

  SetDefaultPolicyVersion({ PolicyArn, VersionId }, context) {
    const policy = ownPolicy(PolicyArn, context)
    policy.defaultVersion = versionOf(policy, VersionId).id
    policy.updated = new Date(common.now(context))
    return {}
  },

  TagPolicy({ PolicyArn, Tags }, context) {
    common.setTags(ownPolicy(PolicyArn, context).tags, upperTags.read(Tags))
    return {}
  },

  UntagPolicy({ PolicyArn, TagKeys }, context) {
    const policy = ownPolicy(PolicyArn, context)
    for (const key of TagKeys ?? []) policy.tags.delete(key)
    return {}
  },

  ListPolicyTags({ PolicyArn, ...paging }, context) {
    const { items, rest } = iamPage(upperTags.write(visiblePolicy(PolicyArn, context).tags), tag => tag.Key, paging)
    return { Tags: items, ...rest }
  },

  AttachRolePolicy({ RoleName, PolicyArn = '' }, context) {
    const role = common.roleNamed(RoleName, context)
    if (!context.region.iam.policies.has(PolicyArn))
      throw noSuch(`Policy ${PolicyArn} does not exist or is not attachable.`)
    role.attached.add(PolicyArn)
    return {}
  },

  DetachRolePolicy({ RoleName, PolicyArn = '' }, context) {
    if (!common.roleNamed(RoleName, context).attached.delete(PolicyArn))
      throw noSuch(`Policy ${PolicyArn} was not found.`)
    return {}
  },

  ListAttachedRolePolicies({ RoleName, PathPrefix = '/', ...paging }, context) {
    const attached = [...common.visibleRole(RoleName, context).attached].map(arn => policyOf(arn, context))
    const found = attached.filter(policy => policy.path.startsWith(PathPrefix))
    const { items, rest } = iamPage(found, policy => policy.arn, paging)
    return { AttachedPolicies: items.map(({ name, arn }) => ({ PolicyName: name, PolicyArn: arn })), ...rest }
  },

  ListEntitiesForPolicy({ PolicyArn, EntityFilter, ...paging }, context) {
    const policy = visiblePolicy(PolicyArn, context)
    const wanted = EntityFilter === undefined || EntityFilter === 'Role'
    const { items, rest } = iamPage(wanted ? attachedRoles(policy, context.region.iam) : [], role => role.name, paging)
    return {
      PolicyRoles: items.map(({ name, id }) => ({ RoleName: name, RoleId: id })),
      PolicyGroups: [],
      PolicyUsers: [],
      ...rest,
    }
  },
} satisfies Handlers<typeof sdk>

/** A sort key by which v10 comes before v9. */
const newestFirst = ({ id }: PolicyVersion): string => String(1_000_000 - Number(id.slice(1)))
