import { join } from 'node:path'
import { GoModule } from './go.ts'
import { Part } from './part.ts'
import { versionOf, virtualEnvironment } from './python.ts'

const kubernetesModule = new GoModule('kubernetes')
const istioModule = new GoModule('istioctl')
const eksctlModule = new GoModule('eksctl')

const kubernetes = kubernetesModule.versionOf('k8s.io/kubernetes')
const etcd = kubernetesModule.versionOf('go.etcd.io/etcd/server/v3')
const istio = istioModule.versionOf('istio.io/istio')
const eksctl = eksctlModule.versionOf('github.com/weaveworks/eksctl')
const [, major = '', minor = ''] = /^v(\d+)\.(\d+)/.exec(kubernetes) ?? []

/** One build for both: they share nearly all of their packages. */
const buildKubernetes = (binary: string) => async (): Promise<string> => {
  const version = 'k8s.io/component-base/version'
  const dir = await kubernetesModule.build(['./apiserver', './kubectl'], {
    [`${version}.gitVersion`]: kubernetes,
    [`${version}.gitMajor`]: major,
    [`${version}.gitMinor`]: minor,
  })
  return join(dir, binary)
}

const buildIstioctl = async (): Promise<string> =>
  join(
    await istioModule.build(['istio.io/istio/istioctl/cmd/istioctl'], {
      'istio.io/istio/pkg/version.buildVersion': istio,
    }),
    'istioctl',
  )

const buildEksctl = async (): Promise<string> =>
  join(await eksctlModule.build(['github.com/weaveworks/eksctl/cmd/eksctl']), 'eksctl')

const GATEWAY_API = 'sigs.k8s.io/gateway-api'

/** The releases of the Gateway API that the guide and its later editions use, and a new one; as folders of sources. */
export const gatewayApis = ['v1.2.1', 'v1.4.1', 'v1.6.3'].map(
  version => new Part('Gateway API CRDs', version, () => kubernetesModule.sources(GATEWAY_API, version)),
)

/** The other things that the tier runs against; each answers the path of what to run, or of a folder of sources. */
export const parts = {
  python: new Part('botocore', versionOf('botocore'), virtualEnvironment),
  aws: new Part('aws', versionOf('awscli'), virtualEnvironment),
  moto: new Part('moto', versionOf('moto'), virtualEnvironment),
  apiserver: new Part('kube-apiserver', `${kubernetes} with etcd ${etcd}`, buildKubernetes('apiserver')),
  kubectl: new Part('kubectl', kubernetes, buildKubernetes('kubectl')),
  istio: new Part('Istio CRDs', istio, () => istioModule.sources('istio.io/istio', istio)),
  istioctl: new Part('istioctl', istio, buildIstioctl),
  eksctl: new Part('eksctl', eksctl, buildEksctl),
}

/** In the order in which they are prepared. */
export const allParts: readonly Part[] = [...Object.values(parts), ...gatewayApis]
