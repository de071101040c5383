import type { ServiceQuotas } from '@aws-sdk/client-service-quotas'
import { AwsService, ifFound } from './service.ts'

export class QuotasReader extends AwsService<ServiceQuotas> {
  /** The limit in force: the account's own where it was ever changed, else AWS's default; undefined where there is none. */
  async limit(ServiceCode: string, QuotaCode: string): Promise<number | undefined> {
    const quotas = await this.sdk()
    const which = { ServiceCode, QuotaCode }
    const own = await ifFound(quotas.getServiceQuota(which), 'NoSuchResourceException')
    if (own?.Quota?.Value !== undefined) return own.Quota.Value
    return (await ifFound(quotas.getAWSDefaultServiceQuota(which), 'NoSuchResourceException'))?.Quota?.Value
  }
}
