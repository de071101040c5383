import { ISTIOD_ACCOUNT } from '../../steps/cluster/config.ts'
import { Needs } from '../check.ts'
import { once, oncePer } from '../once.ts'
import type { AccountFacts } from './account.ts'
import type { Sources } from './sources.ts'

export type EksFacts = ReturnType<typeof eksFacts>

export function eksFacts({ settings, clients: { aws }, machine }: Sources, account: AccountFacts) {
  const { clusterName } = settings
  const cluster = once(() => aws.eks.cluster(clusterName))
  const standing = once(async () => {
    const found = await cluster()
    if (found?.status === 'ACTIVE' || found?.status === 'UPDATING') return found
    throw new Needs(`EKS cluster ${clusterName}`, 'EA1201')
  })
  return {
    /** Undefined where there is none. */
    cluster,
    /** One that can be used. @throws Needs */
    standing,
    versions: once(() => aws.eks.versions()),
    addon: oncePer(async (name: string) => {
      await standing()
      return aws.eks.addon(clusterName, name)
    }),
    /** Why the API server's port does not open from here, or undefined where it does. */
    apiShut: once(async () => {
      const { endpoint = '' } = await standing()
      const { hostname, port } = new URL(endpoint)
      return machine.connect(hostname, port === '' ? 443 : Number(port))
    }),
    accessEntry: once(async () => {
      const [{ arn }] = await Promise.all([account.principal(), standing()])
      return aws.eks.accessEntry(clusterName, arn)
    }),
    /** istiod's. */
    association: once(async () => {
      await standing()
      const { namespace, serviceAccount } = ISTIOD_ACCOUNT
      const [found] = await aws.eks.podIdentityAssociations(clusterName, namespace, serviceAccount)
      return found?.associationId ? aws.eks.podIdentityAssociation(clusterName, found.associationId) : undefined
    }),
  }
}
