import { BaseCommand } from '../../cli/base-command.ts'
import type { Session } from '../../cli/session.ts'

export default class ClusterToken extends BaseCommand<typeof ClusterToken> {
  static override description = 'print a credential for kubectl and istioctl: what the private kubeconfig runs'
  static override hidden = true
  static override enableJsonFlag = false
  static override readonly quiet = true

  protected override async perform({ settings }: Session): Promise<object> {
    const { clusterToken } = await import('../../lib/steps/clients.ts')
    const { execCredential } = await import('../../lib/kubernetes/token.ts')
    this.log(JSON.stringify(execCredential(await clusterToken(settings))))
    return {}
  }
}
