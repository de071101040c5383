import { stringify } from 'yaml'
import { meshProfile } from '../../config/mesh-profile.ts'
import { ISTIO_CONFIG_MAP, ISTIO_NAMESPACE } from '../../config/names.ts'
import type { Settings } from '../../config/settings.ts'
import type { Change } from '../../engine/plan.ts'
import type { StepContext } from '../../engine/step.ts'
import { withOurLabel } from '../../kubernetes/manifests.ts'
import { type KubernetesObject, ref } from '../../kubernetes/objects.ts'
import { needKubernetes, type WriteClients } from '../clients.ts'
import type { InstalledIstio } from '../mesh-version.ts'
import { retryTool } from '../retry-tool.ts'
import type { InstallDetail } from './decide.ts'
import { istioOperator } from './operator.ts'

export async function installIstio(change: Change, context: StepContext<Settings, WriteClients>): Promise<undefined> {
  const { clients, desired, signal, output } = context
  const [kubernetes, istioctl] = await Promise.all([needKubernetes(clients, desired), clients.tools.istioctl()])
  const { fingerprint } = change.detail as InstallDetail
  const version = change.name
  const operator = istioOperator(desired, meshProfile(version))
  // Written down before anything else, so that a broken-off installation is known as ours.
  await kubernetes.apply(installedMap({ version, fingerprint: '' }), { force: true })
  const secrets = desired.license === undefined ? [] : [desired.license]
  const watch = { signal, onLine: (line: string) => output('istioctl', line) }
  await retryTool(context, 'istioctl install', () => istioctl.install(stringify(operator), secrets, watch))
  await kubernetes.apply(installedMap({ version, fingerprint }), { force: true })
  return undefined
}

const installedMap = (data: InstalledIstio): KubernetesObject =>
  withOurLabel({
    ...ref('ConfigMap', ISTIO_CONFIG_MAP, ISTIO_NAMESPACE),
    metadata: { name: ISTIO_CONFIG_MAP, namespace: ISTIO_NAMESPACE },
    data,
  })
