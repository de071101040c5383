import type * as sdk from '@aws-sdk/client-iam'
import { uuid } from '../../ids.ts'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers, ServiceDefinition } from '../../wire/service.ts'
import * as common from './common.ts'
import { type Decision, decide } from './evaluate.ts'
import { policyOperations } from './policies.ts'
import { roleOperations, shown } from './roles.ts'
import { addServiceLinkedRole, SERVICE_LINKED } from './service-linked.ts'
import { roleByArn } from './state.ts'

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

  /** A role may what its policies say; anyone else may everything but what a test denies. */
  SimulatePrincipalPolicy({ PolicySourceArn = '', ActionNames = [], ResourceArns = ['*'], ...paging }, { region }) {
    const { iam } = region
    const role = roleByArn(iam, PolicySourceArn)
    if (role === undefined && PolicySourceArn.includes(':role/'))
      throw common.noSuch(`The role with name ${PolicySourceArn.split('/').at(-1)} cannot be found.`)
    const decisionOf = (action: string): Decision => {
      if (iam.deniedActions.has(action)) return 'implicitDeny'
      return role === undefined ? 'allowed' : decide(iam, role, action)
    }
    const results = ActionNames.flatMap(action =>
      ResourceArns.map(resource => ({
        EvalActionName: action,
        EvalResourceName: resource,
        EvalDecision: decisionOf(action),
        MatchedStatements: [],
        MissingContextValues: [],
      })),
    )
    const { items, rest } = common.iamPage(results, undefined, paging)
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

const iamOperations = { ...roleOperations, ...policyOperations, ...otherOperations }

export const iam = {
  signingName: 'iam',
  load: () => import('@aws-sdk/client-iam'),
  client: 'IAMClient',
  missingMember: 'ValidationError',
  operations: iamOperations,
} satisfies ServiceDefinition
