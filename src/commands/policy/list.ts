import { BaseCommand } from '../../cli/base-command.ts'
import type { Session } from '../../cli/session.ts'

export default class PolicyList extends BaseCommand<typeof PolicyList> {
  static override description = 'list the policies of the mesh: ours and those of others'
  static override readonly standsOn = 'everything'

  protected override async perform({ settings, read }: Session): Promise<object> {
    const { needKubernetes } = await import('../../lib/steps/clients.ts')
    const { listPolicies } = await import('../../lib/steps/policies.ts')
    const { POLICY_NAMES } = await import('../../lib/steps/policy-source.ts')
    const policies = await listPolicies(await needKubernetes(read, settings), settings)
    this.say([
      ...policies.map(
        ({ namespace, name, kind, action, builtIn, ours }) =>
          `${namespace}/${name}  ${kind}${action ? ` ${action}` : ''}  ${builtIn ?? (ours ? 'ours' : 'not ours')}`,
      ),
      ...(policies.length === 0 ? ['No policy stands.'] : []),
      `To apply: ${POLICY_NAMES.join(', ')}, or a file`,
    ])
    return { policies, available: POLICY_NAMES }
  }
}
