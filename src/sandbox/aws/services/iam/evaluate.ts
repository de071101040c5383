import { wildcard } from '../../wildcard.ts'
import type { IamState, Role } from './state.ts'

export type Decision = 'allowed' | 'explicitDeny' | 'implicitDeny'

interface Statement {
  readonly Effect: string
  readonly Action?: string | string[]
  readonly NotAction?: string | string[]
}

/** What a role's policies say of an action; resources and conditions are not looked at. */
export function decide(iam: IamState, role: Role, action: string): Decision {
  const effects = documentsOf(iam, role)
    .flatMap(document => [JSON.parse(document).Statement].flat() as Statement[])
    .filter(statement => isAbout(statement, action))
    .map(({ Effect }) => Effect)
  if (effects.includes('Deny')) return 'explicitDeny'
  return effects.includes('Allow') ? 'allowed' : 'implicitDeny'
}

/** The default versions of what is attached, and what is inline. */
const documentsOf = ({ policies }: IamState, { attached, inline }: Role): string[] => [
  ...[...attached].flatMap(arn => {
    const policy = policies.get(arn)
    return policy?.versions.find(({ id }) => id === policy.defaultVersion)?.document ?? []
  }),
  ...inline.values(),
]

function isAbout({ Action, NotAction }: Statement, action: string): boolean {
  const names = (patterns: string | string[]) => [patterns].flat().some(pattern => wildcard(pattern, 'i').test(action))
  return Action === undefined ? NotAction !== undefined && !names(NotAction) : names(Action)
}
