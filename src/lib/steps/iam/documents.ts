import { jsonAsset } from '../../assets.ts'

/** JSON texts of the trust policy of both roles and of the task policy; files under assets/iam. */
export const trustPolicy = (account: string): string => JSON.stringify(jsonAsset('iam/trust-policy.json', { account }))
export const taskPolicy = (partition: string): string =>
  JSON.stringify(jsonAsset('iam/task-policy.json', { partition }))

/** Whether two policy documents mean the same: IAM knows no order, and takes a lone value for a list of one. */
export function sameDocument(a: string, b: string): boolean {
  const [left, right] = [parsed(a), parsed(b)]
  return left !== undefined && right !== undefined && canonical(left) === canonical(right)
}

/** Whether a trust policy lets ECS run tasks with the role, whatever else it says. */
export function trustsEcsTasks(trust: string): boolean {
  return asList(member(parsed(trust), 'Statement')).some(statement => {
    const allows =
      member(statement, 'Effect') === 'Allow' && asList(member(statement, 'Action')).includes('sts:AssumeRole')
    return allows && asList(member(member(statement, 'Principal'), 'Service')).includes('ecs-tasks.amazonaws.com')
  })
}

function parsed(document: string): unknown {
  try {
    return JSON.parse(document)
  } catch {
    return undefined
  }
}

const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : [value])

const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined

/** The same text for documents that mean the same. */
function canonical(value: unknown): string {
  return `[${[...new Set(asList(value).map(canonicalItem))].sort().join()}]`
}

function canonicalItem(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? ''
  const members = Object.entries(value).map(([key, member]) => `${JSON.stringify(key)}:${canonical(member)}`)
  return `{${members.sort().join()}}`
}
