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
    if (statement.Resource === undefined && statement.NotResource === undefined)
      throw malformed('Policy statement must contain resources.')
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
    for (const arn of awsPrincipals(statement.Principal)) {
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
    if (Action === undefined && NotAction === undefined) throw malformed('Policy statement must contain actions.')
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

const awsPrincipals = (principal: unknown): string[] =>
  typeof principal === 'object' && principal !== null
    ? [(principal as { AWS?: string | string[] }).AWS ?? []].flat()
    : []
