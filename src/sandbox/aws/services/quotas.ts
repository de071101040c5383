import type * as sdk from '@aws-sdk/client-service-quotas'
import { hex } from '../ids.ts'
import { page } from '../paging.ts'
import type { Region } from '../region.ts'
import { AwsError } from '../wire/error.ts'
import type { Handlers, ServiceDefinition } from '../wire/service.ts'

interface Quota {
  readonly service: string
  readonly serviceName: string
  readonly code: string
  readonly name: string
  value: number
}

/** Service Quotas of one region. */
export interface QuotasState {
  /** By code; a test changes values. */
  readonly quotas: Map<string, Quota>
}

/** The quotas that this program's resources count against: AWS's defaults, but for Fargate, where a new account gets 6. */
const DEFAULTS: readonly (readonly [
  service: string,
  serviceName: string,
  code: string,
  name: string,
  value: number,
])[] = [
  ['vpc', 'Amazon Virtual Private Cloud (Amazon VPC)', 'L-F678F1CE', 'VPCs per Region', 5],
  ['vpc', 'Amazon Virtual Private Cloud (Amazon VPC)', 'L-A4707A72', 'Internet gateways per Region', 5],
  ['vpc', 'Amazon Virtual Private Cloud (Amazon VPC)', 'L-FE5A380F', 'NAT gateways per Availability Zone', 5],
  ['vpc', 'Amazon Virtual Private Cloud (Amazon VPC)', 'L-E79EC296', 'VPC security groups per Region', 2500],
  ['vpc', 'Amazon Virtual Private Cloud (Amazon VPC)', 'L-DF5E4CA3', 'Network interfaces per Region', 5000],
  ['ec2', 'Amazon Elastic Compute Cloud (Amazon EC2)', 'L-0263D0A3', 'EC2-VPC Elastic IPs', 5],
  [
    'ec2',
    'Amazon Elastic Compute Cloud (Amazon EC2)',
    'L-1216C47A',
    'Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances',
    32,
  ],
  ['elasticloadbalancing', 'Elastic Load Balancing (ELB)', 'L-E9E9831D', 'Classic Load Balancers per Region', 20],
  ['fargate', 'AWS Fargate', 'L-3032A538', 'Fargate On-Demand vCPU resource count', 1000],
  ['eks', 'Amazon Elastic Kubernetes Service (Amazon EKS)', 'L-1194D53C', 'Clusters', 100],
]

/** The codes of the quotas that the simulation itself keeps. */
export const QUOTA = {
  vpcs: 'L-F678F1CE',
  addresses: 'L-0263D0A3',
  fargateCpus: 'L-3032A538',
  loadBalancers: 'L-E9E9831D',
} as const

/** How many there may be. */
export const limitOf = ({ quotas }: Pick<Region, 'quotas'>, code: string): number =>
  quotas.quotas.get(code)?.value ?? Number.POSITIVE_INFINITY

export const createQuotasState = (): QuotasState => ({
  quotas: new Map(
    DEFAULTS.map(([service, serviceName, code, name, value]) => [code, { service, serviceName, code, name, value }]),
  ),
})

const shown = ({ partition, name: region, account }: Region, quota: Quota): sdk.ServiceQuota => ({
  ServiceCode: quota.service,
  ServiceName: quota.serviceName,
  QuotaArn: `arn:${partition}:servicequotas:${region}:${account}:${quota.service}/${quota.code}`,
  QuotaCode: quota.code,
  QuotaName: quota.name,
  Value: quota.value,
  Unit: 'None',
  Adjustable: true,
  GlobalQuota: false,
})

function quotaOf({ quotas }: Region, service: string | undefined, code: string): Quota {
  const quota = quotas.quotas.get(code)
  if (quota === undefined || quota.service !== service)
    throw new AwsError(
      'NoSuchResourceException',
      'The request failed because the specified service or quota does not exist.',
    )
  return quota
}

const quotasOperations = {
  GetServiceQuota({ ServiceCode, QuotaCode = '' }, { region }) {
    const quota = quotaOf(region, ServiceCode, QuotaCode)
    return { Quota: shown(region, quota) }
  },

  GetAWSDefaultServiceQuota({ ServiceCode, QuotaCode = '' }, { region }) {
    const quota = quotaOf(region, ServiceCode, QuotaCode)
    const value = DEFAULTS.find(([, , code]) => code === QuotaCode)?.[4] ?? quota.value
    return { Quota: shown(region, { ...quota, value }) }
  },

  /** Granted at once. */
  RequestServiceQuotaIncrease({ ServiceCode, QuotaCode = '', DesiredValue = 0 }, { region }) {
    const quota = quotaOf(region, ServiceCode, QuotaCode)
    if (DesiredValue <= quota.value)
      throw new AwsError(
        'IllegalArgumentException',
        'You must provide a quota value greater than the current quota value.',
      )
    quota.value = DesiredValue
    return {
      RequestedQuota: { Id: hex(32), ServiceCode, QuotaCode, DesiredValue, Status: 'APPROVED' as const },
    }
  },

  ListServiceQuotas({ ServiceCode, MaxResults = 100, NextToken }, { region }) {
    const found = [...region.quotas.quotas.values()].filter(({ service }) => service === ServiceCode)
    if (found.length === 0)
      throw new AwsError('NoSuchResourceException', 'The request failed because the specified service does not exist.')
    const { items, next } = page(found, {
      key: ({ code }) => code,
      token: NextToken,
      size: MaxResults,
      invalidToken: () => new AwsError('InvalidPaginationTokenException', 'Invalid input was provided.'),
    })
    return { Quotas: items.map(quota => shown(region, quota)), ...(next === undefined ? {} : { NextToken: next }) }
  },
} satisfies Handlers<typeof sdk>

export const quotas = {
  signingName: 'servicequotas',
  load: () => import('@aws-sdk/client-service-quotas'),
  client: 'ServiceQuotasClient',
  missingMember: 'IllegalArgumentException',
  operations: quotasOperations,
} satisfies ServiceDefinition
