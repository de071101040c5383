import { SYSTEM } from '../../mesh/plane.ts'
import { type Action, clusterOf, soloVersion } from './context.ts'

/** One line for each proxy that is connected to istiod. */
export const proxyStatus: Action = async invoked => {
  const { run, options } = invoked
  const { store } = (await clusterOf(invoked)).cluster
  const ztunnels = store.list('Pod', { namespace: SYSTEM, labels: 'app=ztunnel' })
  const gateways = store.list('Pod', { labels: 'gateway.networking.k8s.io/gateway-name' })
  const [istiod] = store.list('Pod', { namespace: SYSTEM, labels: 'app=istiod' })
  run.out('NAME\tCLUSTER\tCDS\tLDS\tEDS\tRDS\tECDS\tISTIOD\tVERSION\n')
  for (const { metadata } of [...ztunnels, ...gateways]) {
    const states =
      metadata.namespace === SYSTEM ? Array(5).fill('IGNORED') : ['SYNCED', 'SYNCED', 'SYNCED', 'SYNCED', 'IGNORED']
    const columns = [
      `${metadata.name}.${metadata.namespace}`,
      'Kubernetes',
      ...states,
      istiod?.metadata.name ?? '',
      soloVersion(options),
    ]
    run.out(`${columns.join('\t')}\n`)
  }
  return 0
}
