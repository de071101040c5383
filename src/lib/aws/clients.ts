import type { MiddlewareStack } from '@smithy/types'
import type { Settings } from '../config/settings.ts'
import { CloudFormationReader, CloudFormationWriter } from './cloudformation.ts'
import { Ec2Reader, Ec2Writer } from './ec2.ts'
import { EcsReader, EcsWriter } from './ecs.ts'
import { EksReader, EksWriter } from './eks.ts'
import { ElbReader, ElbWriter } from './elb.ts'
import { awsFailure } from './errors.ts'
import { IamReader, IamWriter } from './iam.ts'
import { KmsReader } from './kms.ts'
import { LogsReader, LogsWriter } from './logs.ts'
import { QuotasReader } from './quotas.ts'
import { repeated } from './repeat.ts'
import type { Lazy } from './service.ts'
import { SsmWriter } from './ssm.ts'
import { StsReader } from './sts.ts'

/** What a plan may use: none of these can write. */
export interface AwsReaders {
  readonly cloudFormation: CloudFormationReader
  readonly ec2: Ec2Reader
  readonly ecs: EcsReader
  readonly eks: EksReader
  readonly elb: ElbReader
  readonly iam: IamReader
  readonly kms: KmsReader
  readonly logs: LogsReader
  readonly quotas: QuotasReader
  readonly sts: StsReader
}

export interface AwsWriters extends AwsReaders {
  readonly cloudFormation: CloudFormationWriter
  readonly ec2: Ec2Writer
  readonly ecs: EcsWriter
  readonly eks: EksWriter
  readonly elb: ElbWriter
  readonly iam: IamWriter
  readonly logs: LogsWriter
  readonly ssm: SsmWriter
}

/** Where the calls go, who signs them, and for how long an answer is waited for. */
export interface Account extends Pick<Settings, 'region' | 'profile'> {
  /** Milliseconds that one answer may take. Default 60 000. */
  readonly answerLimit?: number
}

export function awsReaders(account: Account): AwsReaders {
  const sdk = sdkClients(account)
  return {
    cloudFormation: new CloudFormationReader(sdk.cloudFormation),
    ec2: new Ec2Reader(sdk.ec2),
    ecs: new EcsReader(sdk.ecs),
    eks: new EksReader(sdk.eks),
    elb: new ElbReader(sdk.elb),
    iam: new IamReader(sdk.iam),
    kms: new KmsReader(sdk.kms),
    logs: new LogsReader(sdk.logs),
    quotas: new QuotasReader(sdk.quotas),
    sts: new StsReader(sdk.sts),
  }
}

export function awsWriters(account: Account): AwsWriters {
  const sdk = sdkClients(account)
  return {
    cloudFormation: new CloudFormationWriter(sdk.cloudFormation),
    ec2: new Ec2Writer(sdk.ec2),
    ecs: new EcsWriter(sdk.ecs),
    eks: new EksWriter(sdk.eks),
    elb: new ElbWriter(sdk.elb),
    iam: new IamWriter(sdk.iam),
    kms: new KmsReader(sdk.kms),
    logs: new LogsWriter(sdk.logs),
    quotas: new QuotasReader(sdk.quotas),
    ssm: new SsmWriter(sdk.ssm),
    sts: new StsReader(sdk.sts),
  }
}

type SdkClients = ReturnType<typeof newSdkClients>
const made = new Map<string, SdkClients>()

/** One SDK client per service, account, endpoint and process: readers and writers share sockets and credentials. */
function sdkClients(account: Account): SdkClients {
  const key = [account.region, account.profile, account.answerLimit, process.env.AWS_ENDPOINT_URL].join(' ')
  const clients = made.get(key) ?? newSdkClients(account)
  made.set(key, clients)
  return clients
}

/** Each service's SDK takes a while to import, so that happens when it is first used. */
function newSdkClients(account: Account) {
  const config = configOf(account)
  return {
    cloudFormation: lazy(account, async () => {
      const { CloudFormation } = await import('@aws-sdk/client-cloudformation')
      return new CloudFormation(config)
    }),
    ec2: lazy(account, async () => new (await import('@aws-sdk/client-ec2')).EC2(config)),
    ecs: lazy(account, async () => new (await import('@aws-sdk/client-ecs')).ECS(config)),
    eks: lazy(account, async () => new (await import('@aws-sdk/client-eks')).EKS(config)),
    elb: lazy(account, async () => {
      const { ElasticLoadBalancing } = await import('@aws-sdk/client-elastic-load-balancing')
      return new ElasticLoadBalancing(config)
    }),
    iam: lazy(account, async () => new (await import('@aws-sdk/client-iam')).IAM(config)),
    kms: lazy(account, async () => new (await import('@aws-sdk/client-kms')).KMS(config)),
    logs: lazy(account, async () => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogs(config)),
    quotas: lazy(account, async () => {
      const { ServiceQuotas } = await import('@aws-sdk/client-service-quotas')
      return new ServiceQuotas(config)
    }),
    ssm: lazy(account, async () => new (await import('@aws-sdk/client-ssm')).SSM(config)),
    sts: lazy(account, async () => new (await import('@aws-sdk/client-sts')).STS(config)),
  }
}

/** What all SDK clients are made with. They make each call once; we repeat it, in the sight of whoever waits for it. */
export const configOf = ({ region, profile, answerLimit = 60_000 }: Account) => ({
  region,
  ...(profile === undefined ? {} : { profile }),
  maxAttempts: 1,
  customUserAgent: 'ecs-ambient',
  requestHandler: { connectionTimeout: 10_000, requestTimeout: answerLimit, throwOnRequestTimeout: true },
})

interface SdkClient {
  // biome-ignore lint/suspicious/noExplicitAny: each service has its own input and output types
  readonly middlewareStack: MiddlewareStack<any, any>
}

/** Makes the client once, and has its calls repeated and every error that comes out of it turned into a Failure. */
export function lazy<Sdk extends SdkClient>(account: Account, make: () => Promise<Sdk>): Lazy<Sdk> {
  let client: Promise<Sdk> | undefined
  return () => {
    client ??= make().then(sdk => {
      sdk.middlewareStack.add(
        (next, context) => async args => {
          try {
            return await next(args)
          } catch (error) {
            throw awsFailure(error, { ...account, action: actionOf(context) })
          }
        },
        { name: 'ecsAmbientFailure', step: 'initialize', priority: 'high' },
      )
      sdk.middlewareStack.add(
        (next, context) => args => repeated(actionOf(context), () => next(args)),
        // Around the signing: each attempt has a signature of its own.
        { name: 'ecsAmbientRepeat', step: 'finalizeRequest', priority: 'high' },
      )
      return sdk
    })
    return client
  }
}

/** The IAM name of a call: `ecs:CreateService`. */
function actionOf(context: { readonly clientName?: string; readonly commandName?: string }): string {
  const service = context.clientName?.replace(/Client$/, '').toLowerCase() ?? 'aws'
  return `${service === 'cloudwatchlogs' ? 'logs' : service}:${context.commandName?.replace(/Command$/, '') ?? ''}`
}
