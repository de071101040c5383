import type * as sdk from '@aws-sdk/client-iam'
import { uuid } from '../../ids.ts'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers, ServiceDefinition } from '../../wire/service.ts'
import * as common from './common.ts'
import { policyOperations } from './policies.ts'
import { roleOperations, shown } from './roles.ts'
import { addServiceLinkedRole, SERVICE_LINKED } from './service-linked.ts'

const otherOperations = {
  CreateServiceLinkedRole({ AWSServiceName: service = '', Description }, context) {
    const name = SERVICE_LINKED[service]
    if (name === undefined)
      throw new AwsError('InvalidInput', `Service ${service} does not support service-linked roles.`)
    if (context.region.iam.roles.has(name))
      throw new AwsError(
        'InvalidInput',
        `Service role name ${name} has been taken in this account, please try a different suffix.`,
      )
    return { Role: shown(addServiceLinkedRole(context.region, service, name, Description)) }
  },

  DeleteServiceLinkedRole({ RoleName }, context) {
    const role = common.roleNamed(RoleName, context)
    context.region.iam.roles.delete(role.name)
    return { DeletionTaskId: `task${role.path}${role.name}/${uuid()}` }
  },

  GetServiceLinkedRoleDeletionStatus: () => ({ Status: 'SUCCEEDED' }),

  SimulatePrincipalPolicy({ ActionNames = [], ResourceArns = ['*'], ...paging }, context) {
    const { deniedActions } = context.region.iam
    const results = ActionNames.flatMap(action =>
      ResourceArns.map(resource => ({
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: deniedActions.has(action) ? ('implicitDeny' as const) : ('allowed' as const),
        MatchedStatements: [],
        MissingContextValues: [],
      })),
    )
    const { items, rest } = common.iamPage(
      results,
      ({ EvalActionName, EvalResourceName }) => `${EvalActionName} ${EvalResourceName}`,
      paging,
    )
    return { EvaluationResults: items, ...rest }
  },

  ListOpenIDConnectProviders: (_, { region }) => ({
    OpenIDConnectProviderList: [...region.iam.oidcProviders.keys()].map(Arn => ({ Arn })),
  }),

  GetOpenIDConnectProvider({ OpenIDConnectProviderArn: arn }, { region }) {
    const provider = region.iam.oidcProviders.get(arn ?? '')
    if (provider === undefined) throw common.noSuch(`OpenIDConnect Provider not found for arn ${arn}`)
    return {
      Url: provider.url,
      ClientIDList: [...provider.clientIds],
      ThumbprintList: [...provider.thumbprints],
      CreateDate: provider.created,
      Tags: upperTags.write(provider.tags),
    }
  },

  DeleteOpenIDConnectProvider({ OpenIDConnectProviderArn: arn }, { region }) {
    region.iam.oidcProviders.delete(arn ?? '')
    return {}
  },
} satisfies Handlers<typeof sdk>

export const iamOperations = { ...roleOperations, ...policyOperations, ...otherOperations }

export const iam = {
  signingName: 'iam',
  load: () => import('@aws-sdk/client-iam'),
  client: 'IAMClient',
  missingMember: 'ValidationError',
  operations: iamOperations,
} satisfies ServiceDefinition
