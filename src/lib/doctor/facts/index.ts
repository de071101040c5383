import { accountFacts } from './account.ts'
import { ecsFacts } from './ecs.ts'
import { eksFacts } from './eks.ts'
import { gatewayFacts } from './gateway.ts'
import { kubernetesFacts } from './kubernetes.ts'
import { networkFacts } from './network.ts'
import type { Sources } from './sources.ts'

/** Everything that checks look at. Each is read when it is first wanted, once, however many checks want it. */
export function newFacts(sources: Sources) {
  const account = accountFacts(sources)
  const eks = eksFacts(sources, account)
  const kubernetes = kubernetesFacts(sources, eks)
  const ecs = ecsFacts(sources, kubernetes)
  return {
    ...sources,
    account,
    eks,
    kubernetes,
    ecs,
    gateway: gatewayFacts(sources, kubernetes),
    network: networkFacts(sources, eks, ecs),
  }
}
export type Facts = ReturnType<typeof newFacts>
