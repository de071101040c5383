import type { Region } from '../../region.ts'
import { addRole } from './roles.ts'
import type { Role } from './state.ts'

/** The services of which the sandbox knows a service-linked role, with the role's name. */
export const SERVICE_LINKED: Readonly<Record<string, string>> = {
  'ecs.amazonaws.com': 'AWSServiceRoleForECS',
  'eks.amazonaws.com': 'AWSServiceRoleForAmazonEKS',
  'eks-nodegroup.amazonaws.com': 'AWSServiceRoleForAmazonEKSNodegroup',
  'elasticloadbalancing.amazonaws.com': 'AWSServiceRoleForElasticLoadBalancing',
}

export const addServiceLinkedRole = (
  region: Region,
  service: string,
  name: string,
  description: string | undefined,
): Role => addRole(region, { name, path: `/aws-service-role/${service}/`, trust: trustOf(service), description })

/** As the services do it themselves when they are first used. */
export function ensureServiceLinkedRole(region: Region, service: string): Role | undefined {
  const name = SERVICE_LINKED[service]
  if (name === undefined) return undefined
  return region.iam.roles.get(name) ?? addServiceLinkedRole(region, service, name, undefined)
}

/** A trust policy for one service. EKS Pod Identity also tags the sessions that it opens. */
export const trustOf = (service: string): string => {
  const action = service === 'pods.eks.amazonaws.com' ? ['sts:AssumeRole', 'sts:TagSession'] : 'sts:AssumeRole'
  return JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: service }, Action: action }],
  })
}
