import type { STS } from '@aws-sdk/client-sts'
import { AwsService } from './service.ts'

export interface Caller {
  readonly account: string
  readonly arn: string
  /** `aws`, `aws-cn`, `aws-us-gov`: the second part of every ARN. */
  readonly partition: string
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
  /** Until when they are good, where they are temporary. */
  readonly expiration?: Date
}

export class StsReader extends AwsService<STS> {
  async caller(): Promise<Caller> {
    const { Account = '', Arn = '' } = await (await this.sdk()).getCallerIdentity({})
    return { account: Account, arn: Arn, partition: Arn.split(':')[1] ?? 'aws' }
  }

  /** The credentials that every client of this process signs with. For signing only: never print or store them. */
  async credentials(): Promise<Credentials> {
    return (await this.sdk()).config.credentials()
  }
}
