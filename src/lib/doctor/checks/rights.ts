import type { EvaluationResult } from '@aws-sdk/client-iam'
import { EKSCTL_NEEDS, type Need, needsTo } from '../actions.ts'
import { type AnyCheck, type Check, failed, type Judgement, notApplicable, ok, some, warning } from '../check.ts'
import type { Principal } from '../facts/account.ts'
import type { Facts } from '../facts/index.ts'
import type { Place } from '../places.ts'

export interface Rights {
  readonly principal: Principal
  readonly results: readonly EvaluationResult[]
}

export async function rightsTo(needs: readonly Need[], { account }: Facts): Promise<Rights> {
  const principal = await account.principal()
  if (principal.kind === 'root' || principal.kind === 'other') return { principal, results: [] }
  const places = Map.groupBy(needs, ({ on }) => on)
  const results = [...places].map(([on, ofPlace]: [Place, readonly Need[]]) =>
    account.decisions([...new Set(ofPlace.flatMap(({ actions }) => actions))], on),
  )
  return { principal, results: (await Promise.all(results)).flat() }
}

/** A refusal that hangs on a value of the request, such as a tag, need not be one when the request is made. */
export function judgeRights({ principal, results }: Rights): Judgement {
  if (principal.kind === 'root') return ok('the root user may everything')
  if (principal.kind === 'other') return notApplicable(`the policies of ${principal.arn} can't be simulated`)
  const refused = results.filter(({ EvalDecision }) => EvalDecision !== 'allowed')
  const namesOf = (some: readonly EvaluationResult[]) => [
    ...new Set(some.flatMap(({ EvalActionName }) => EvalActionName ?? [])),
  ]
  const certain = namesOf(refused.filter(({ MissingContextValues = [] }) => MissingContextValues.length === 0))
  if (certain.length > 0) {
    return failed(`not allowed: ${some(certain)}`, `Have this allowed for ${principal.arn}: ${certain.join(', ')}`)
  }
  const conditional = namesOf(refused)
  if (conditional.length > 0) {
    return warning(`allowed on conditions that could not be judged: ${some(conditional)}`)
  }
  return ok(`all ${namesOf(results).length} actions are allowed`)
}

const check = (about: Pick<Check, 'code' | 'title'>, needs: readonly Need[]): Check<Rights> => ({
  ...about,
  area: 'rights',
  when: 'pre',
  read: facts => rightsTo(needs, facts),
  judge: judgeRights,
})

export const readRights = check({ code: 'EA1101', title: 'May read what the steps read' }, needsTo('read'))
export const writeRights = check({ code: 'EA1102', title: 'May change what the steps change' }, needsTo('write'))

export const eksctlRights: Check<Rights | 'standing'> = {
  code: 'EA1103',
  area: 'rights',
  title: 'May make what eksctl makes',
  when: 'pre',
  read: async facts => ((await facts.eks.cluster()) ? 'standing' : rightsTo(EKSCTL_NEEDS, facts)),
  judge: seen => (seen === 'standing' ? notApplicable('the EKS cluster stands') : judgeRights(seen)),
}

export const rightsChecks: readonly AnyCheck[] = [readRights, writeRights, eksctlRights]
