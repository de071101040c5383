import type { Settings } from '../../config/settings.ts'
import type { Step } from '../../engine/step.ts'
import type { KubernetesObject } from '../../kubernetes/objects.ts'
import { needKubernetes, type ReadClients, type WriteClients } from '../clients.ts'
import { installedIstio } from '../mesh-version.ts'
import { applyObject } from '../objects.ts'
import { waitForWorkload } from '../workloads.ts'
import { decideIstio, decideIstioRemoval, ISTIO } from './decide.ts'
import { installIstio } from './install.ts'
import { LABEL_KIND } from './namespace.ts'
import { ISTIOD, type IstioSeen, observeIstio, PARTS } from './observe.ts'
import { precheckIstio } from './precheck.ts'
import { removeIstio } from './removal.ts'

/** Solo's Istio in ambient mode, with the platform ECS. */
export const istioStep: Step<Settings, ReadClients, WriteClients, IstioSeen> = {
  id: 'istio',
  title: 'Istio in ambient mode',
  dependsOn: ['gateway-api'],
  precheck: precheckIstio,
  observe: observeIstio,
  decide: decideIstio,
  decideRemoval: decideIstioRemoval,

  async apply(change, context) {
    if (change.kind === ISTIO) return change.action === 'delete' ? removeIstio(context) : installIstio(change, context)
    const kubernetes = await needKubernetes(context.clients, context.desired)
    if (change.kind === LABEL_KIND) await kubernetes.apply(change.detail as KubernetesObject, { force: false })
    else if (change.kind === 'Deployment') await kubernetes.patch(ISTIOD, { spec: { replicas: 1 } })
    else return applyObject(change, context)
    return undefined
  },

  async verify(context) {
    const kubernetes = await needKubernetes(context.clients, context.desired)
    await Promise.all(PARTS.map(part => waitForWorkload(kubernetes, part, context)))
    const version = (await installedIstio(kubernetes))?.version
    return { istioVersion: version }
  },
}
