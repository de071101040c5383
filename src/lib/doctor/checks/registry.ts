import type { Task } from '@aws-sdk/client-ecs'
import type { EvaluationResult } from '@aws-sdk/client-iam'
import {
  type AnyCheck,
  type Check,
  failed,
  type Judgement,
  judgeAll,
  notApplicable,
  ok,
  some,
  warning,
} from '../check.ts'
import type { Use } from '../facts/ecs.ts'

const ECR = /^(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?\//

/** What ECS itself does with the execution role to pull from ECR. */
const PULL = ['GetAuthorizationToken', 'BatchCheckLayerAvailability', 'GetDownloadUrlForLayer', 'BatchGetImage'].map(
  action => `ecr:${action}`,
)

export interface EcrSeen {
  /** Images of ECR that the services run, by the execution role that pulls them (empty: none is set). */
  readonly roles: readonly {
    readonly role: string
    readonly images: readonly string[]
    readonly results: readonly EvaluationResult[]
  }[]
}

export const ecrCheck: Check<EcrSeen> = {
  code: 'EA1401',
  area: 'registry',
  title: 'The execution roles may pull from ECR',
  when: 'after',
  read: async ({ account, ecs }) => {
    const uses = (await ecs.uses()).filter(({ container }) => ECR.test(container.image ?? ''))
    const byRole = Map.groupBy(uses, ({ definition }) => definition.executionRoleArn ?? '')
    const roles = [...byRole].map(async ([role, own]) => ({
      role,
      images: [...new Set(own.flatMap(({ container }) => container.image ?? []))],
      results: role === '' ? [] : await account.simulate(role, PULL),
    }))
    return { roles: await Promise.all(roles) }
  },
  judge: ({ roles }) => {
    if (roles.length === 0) return notApplicable('no image comes from ECR')
    return judgeAll(roles.map(judgeRole), some(roles.flatMap(({ images }) => images)))
  },
}

function judgeRole({ role, images, results }: EcrSeen['roles'][number]): Judgement {
  if (role === '') {
    return failed(`${images[0]} is pulled without an execution role`, 'Set executionRoleArn in the task definition.')
  }
  const refused = results.filter(({ EvalDecision }) => EvalDecision !== 'allowed')
  if (refused.length > 0) {
    return failed(
      `${role} is not allowed: ${refused.map(({ EvalActionName }) => EvalActionName).join(', ')}`,
      `aws iam attach-role-policy --role-name ${role.split('/').at(-1)} --policy-arn arn:${role.split(':')[1]}:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy`,
    )
  }
  const account = role.split(':')[4]
  const foreign = images.find(image => ECR.exec(image)?.[1] !== account)
  return foreign === undefined
    ? ok(role)
    : warning(
        `${foreign} is another account's: its repository policy must let account ${account} pull`,
        `aws ecr set-repository-policy --repository-name ${foreign.replace(ECR, '').split(/[:@]/)[0]} --policy-text file://policy.json`,
      )
}

/** Registries whose images anyone may pull. */
const PUBLIC =
  /^(docker\.io|registry-1\.docker\.io|gcr\.io|ghcr\.io|quay\.io|registry\.k8s\.io|public\.ecr\.aws|mcr\.microsoft\.com|[a-z-]+-docker\.pkg\.dev)$/

/** The host of an image's registry; Docker Hub's where the image names none. */
export function registryOf(image: string): string {
  const [first = '', ...rest] = image.split('/')
  return rest.length > 0 && /[.:]|^localhost$/.test(first) ? first : 'docker.io'
}

export interface ImagesSeen {
  readonly uses: readonly Use[]
  /** Images that run somewhere in the services: there is no better proof that they can be pulled. */
  readonly pulled: ReadonlySet<string>
}

export const privateRegistryCheck: Check<ImagesSeen> = {
  code: 'EA1402',
  area: 'registry',
  title: 'Private registries come with credentials',
  when: 'after',
  read: async ({ ecs }) => {
    const [uses, pulled] = await Promise.all([ecs.uses(), ecs.pulled()])
    return { uses, pulled }
  },
  judge: ({ uses, pulled }) => {
    const others = uses.filter(({ container }) => !ECR.test(container.image ?? ''))
    const registries = [...new Set(others.map(({ container }) => registryOf(container.image ?? '')))]
    const silent = others.filter(({ container: { image = '', repositoryCredentials } }) => {
      return repositoryCredentials === undefined && !PUBLIC.test(registryOf(image)) && !pulled.has(image)
    })
    if (silent.length === 0) return ok(registries.length === 0 ? 'all images come from ECR' : some(registries))
    const names = silent.map(({ service, container }) => `${service}: ${container.image}`)
    return warning(
      `only if it is public, since there are no credentials: ${some(names)}`,
      'If it is private: put its login into Secrets Manager, name that as repositoryCredentials, and let the execution role read it; or copy the image to ECR.',
    )
  },
}

export const pullCheck: Check<{ readonly stopped: readonly Task[]; readonly uses: readonly Use[] }> = {
  code: 'EA1403',
  area: 'registry',
  title: 'No task failed to pull its image of late',
  when: 'after',
  read: async ({ ecs }) => {
    const [stopped, uses] = await Promise.all([ecs.stopped(), ecs.uses()])
    return { stopped, uses }
  },
  judge: ({ stopped, uses }) => {
    const revisions = new Set(uses.map(({ definition }) => definition.taskDefinitionArn))
    // What an older revision could not pull matters no more.
    const unpulled = stopped.filter(
      ({ taskDefinitionArn, stoppedReason = '' }) =>
        revisions.has(taskDefinitionArn) && /CannotPull/.test(stoppedReason),
    )
    const [first] = unpulled
    return first === undefined
      ? ok('none within the last hour')
      : failed(
          `${first.group?.replace('service:', '')}: ${first.stoppedReason}`,
          'Check the name of the image, the rights (EA1401, EA1402) and the way out (EA1602); then: ecs-ambient ecs deploy',
        )
  },
}

export const registryChecks: readonly AnyCheck[] = [ecrCheck, privateRegistryCheck, pullCheck]
