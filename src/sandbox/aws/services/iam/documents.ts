import { AwsError } from '../../wire/error.ts'
import { type IamState, roleByArn } from './state.ts'

interface Statement {
  readonly Effect?: unknown
  readonly Action?: unknown
  readonly NotAction?: unknown
  readonly Resource?: unknown
  readonly NotResource?: unknown
  readonly Principal?: unknown
  readonly NotPrincipal?: unknown
}

const malformed = (message: string): AwsError => new AwsError('MalformedPolicyDocument', message)

const VERSIONS = ['2012-10-17', '2008-10-17']

/** @throws AwsError `MalformedPolicyDocument` */
export function checkPolicy(document: string): void {
  for (const statement of statementsOf(document)) {
    if (statement.Principal !== undefined) throw malformed('Policy document should not specify a principal.')
    const resources = [statement.Resource ?? statement.NotResource ?? []].flat()
    if (resources.length === 0) throw malformed('Policy statement must contain resources.')
    const stray = resources.find(resource => resource !== '*' && !String(resource).startsWith('arn:'))
    if (stray !== undefined) throw malformed(`Resource ${stray} must be in ARN format or "*".`)
  }
}

/**
 * @param now a role that was made a moment ago is no valid principal yet
 * @throws AwsError `MalformedPolicyDocument`
 */
export function checkTrust(document: string, iam: IamState, now: number): void {
  for (const statement of statementsOf(document)) {
    if (statement.Resource !== undefined) throw malformed('Has prohibited field Resource')
    if (statement.Principal === undefined) throw malformed('Missing required field Principal')
    const services = principals(statement.Principal, 'Service')
    const noService = services.find(service => !SERVICE.test(service))
    if (noService !== undefined) throw malformed(`Invalid principal in policy: "SERVICE":"${noService}"`)
    for (const arn of principals(statement.Principal, 'AWS')) {
      const known = roleByArn(iam, arn)
      if (arn.includes(':role/') && (known === undefined || now < known.visibleFrom))
        throw malformed(`Invalid principal in policy: "AWS":"${arn}"`)
    }
  }
}

function statementsOf(document: string): Statement[] {
  const parsed = parse(document) as { Version?: unknown; Statement?: unknown }
  if (typeof parsed !== 'object' || parsed === null) throw malformed('Syntax errors in policy.')
  if (parsed.Version !== undefined && !VERSIONS.includes(String(parsed.Version)))
    throw malformed('The policy must contain a valid version string')
  const statements = [parsed.Statement].flat() as Statement[]
  if (parsed.Statement === undefined || statements.length === 0) throw malformed('Missing required field Statement')
  for (const { Effect, Action, NotAction } of statements) {
    if (Effect !== 'Allow' && Effect !== 'Deny') throw malformed('Missing required field Effect')
    const actions = [Action ?? NotAction ?? []].flat()
    if (actions.length === 0) throw malformed('Policy statement must contain actions.')
    if (actions.some(action => action !== '*' && !String(action).includes(':')))
      throw malformed('Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.')
  }
  return statements
}

function parse(document: string): unknown {
  try {
    return JSON.parse(document)
  } catch {
    throw malformed('Syntax errors in policy.')
  }
}

const SERVICE = /^[a-z0-9.-]+\.amazonaws\.com(\.cn)?$/

const principals = (principal: unknown, kind: 'AWS' | 'Service'): string[] =>
  typeof principal === 'object' && principal !== null
    ? [(principal as Partial<Record<typeof kind, string | string[]>>)[kind] ?? []].flat()
    : []
