import { BaseCommand } from '../cli/base-command.ts'
import type { Session } from '../cli/session.ts'

export default class Env extends BaseCommand<typeof Env> {
  static override description = "print export lines for a shell: the guide's variables and the ARNs of the roles"
  static override examples = ['eval "$(<%= config.bin %> <%= command.id %>)"']
  static override readonly quiet = true
  static override readonly standsOn = ['iam']

  protected override async perform({ settings, read }: Session): Promise<object> {
    const { exportLines, guideVariables } = await import('../lib/config/variables.ts')
    const caller = await read.aws.sts.caller()
    const variables = guideVariables(settings, caller)
    this.say(exportLines(variables))
    return { variables }
  }
}
