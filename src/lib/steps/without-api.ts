import { isOurs } from '../aws/ownership.ts'
import type { Settings } from '../config/settings.ts'
import { Exit, Failure, isFailure } from '../engine/failure.ts'
import type { AnyStep, StepContext } from '../engine/step.ts'
import type { ReadClients, WriteClients } from './clients.ts'

type WalkthroughStep = AnyStep<Settings, ReadClients, WriteClients>
type Context = StepContext<Settings, ReadClients>

/** What these take away does not live in Kubernetes; they look there only for what goes along. */
const ELSEWHERE = ['enroll', 'ecs', 'iam', 'cluster']

/**
 * For removals: once the Kubernetes API does not answer, the steps go on as if there were no cluster, where the EKS
 * cluster goes, by us or at that moment by somebody's eksctl, since what is in it goes with it, and where what they take
 * away lives elsewhere. What lives in a cluster that stays can't be taken away, and that is said.
 */
export function withoutApi(steps: readonly WalkthroughStep[]): readonly WalkthroughStep[] {
  const withCluster = steps.some(({ id }) => id === 'cluster')
  // An API that does not answer is waited for once, not once in every step, and warned of once.
  let lost = false
  const warned = new Set<string>()

  /** @throws the error, where it is another one or the step can't do without the API */
  async function goOnWithout(error: unknown, id: string, { clients, desired, warn }: Context): Promise<void> {
    if (!isFailure(error) || error.code !== 'KUBERNETES_UNREACHABLE') throw error
    const cluster = await clients.aws.eks.cluster(desired.clusterName)
    const isGoing = cluster === undefined || cluster.status === 'DELETING'
    const ours = isOurs(cluster?.tags ?? {}, desired)
    const goes = isGoing || (withCluster && ours)
    if (!goes && !ELSEWHERE.includes(id)) throw outOfReach(error, ours, desired)
    lost ||= goes
    const warning = isGoing ? undefined : goes ? unseen(desired) : id === 'enroll' ? staying(desired) : undefined
    if (warning !== undefined && !warned.has(warning)) warn(warning)
    if (warning !== undefined) warned.add(warning)
  }

  return steps.map(step => {
    let blind = false
    return {
      ...step,
      observe: async context => {
        try {
          if (!lost) {
            blind = false
            return await step.observe(context)
          }
        } catch (error) {
          await goOnWithout(error, step.id, context)
        }
        blind = true
        return step.observe(withoutKubernetes(context))
      },
      apply: async (change, context) => {
        if (blind) return step.apply(change, withoutKubernetes(context))
        try {
          return await step.apply(change, context)
        } catch (error) {
          await goOnWithout(error, step.id, context)
          return undefined
        }
      },
    }
  })
}

const withoutKubernetes = <C extends Context>(context: C): C => ({
  ...context,
  clients: { ...context.clients, kubernetes: async () => undefined },
})

const unseen = ({ clusterName }: Settings): string =>
  `The Kubernetes API of EKS cluster ${clusterName} does not answer: what is in the cluster goes with it, and is not listed.`

const staying = ({ clusterName }: Settings): string =>
  `The Kubernetes API of EKS cluster ${clusterName} does not answer: what the mesh knows of the ECS services stays in it.`

const outOfReach = (cause: Failure, ours: boolean, { clusterName, region }: Settings): Failure =>
  new Failure({
    code: 'KUBERNETES_UNREACHABLE',
    exit: Exit.missing,
    message: `The Kubernetes API of EKS cluster ${clusterName} does not answer: what is in it can't be taken away.`,
    why: [cause.message, ...cause.why],
    suggestions: [
      'Connect to the network in which its endpoint can be reached, such as the VPN, then run the same command again.',
      `aws eks describe-cluster --name ${clusterName} --region ${region} --query cluster.resourcesVpcConfig`,
      ...(ours ? ['ecs-ambient cleanup   (deletes the EKS cluster too, and with it what is in it)'] : []),
      'ecs-ambient cleanup --ecs --iam   (what needs no Kubernetes)',
    ],
    cause,
  })
