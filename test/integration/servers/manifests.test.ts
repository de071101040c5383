import { expect } from 'chai'
import { KubernetesWriter } from '../../../src/lib/kubernetes/client.ts'
import { differences } from '../../../src/lib/kubernetes/differences.ts'
import { describe as nameOf } from '../../../src/lib/kubernetes/objects.ts'
import { Connection } from '../../../src/lib/kubernetes/transport.ts'
import { ControlPlane } from '../support/control-plane.ts'
import { gatewayApiBundle, istioCrds } from '../support/crds.ts'
import { Kubectl } from '../support/kubectl.ts'
import { ISTIO_VERSIONS, objectsFor } from '../support/manifests.ts'
import { gatewayApis, parts } from '../support/parts.ts'

for (const gatewayApi of gatewayApis) {
  describe(`our manifests and the schemas of Gateway API ${gatewayApi.version} and Istio`, () => {
    let controlPlane: ControlPlane
    let client: KubernetesWriter

    before(async function () {
      const apiserver = await parts.apiserver.need(this)
      const program = await parts.kubectl.need(this)
      const gatewayApiSources = await gatewayApi.need(this)
      const istioSources = await parts.istio.need(this)
      controlPlane = await ControlPlane.start(apiserver)
      const kubectl = new Kubectl(program, { KUBECONFIG: await controlPlane.kubeconfig() })
      await kubectl.install(await gatewayApiBundle(gatewayApiSources))
      await kubectl.install(await istioCrds(istioSources))
      await kubectl.run(['create', 'namespace', 'istio-system'])
      const connection = new Connection()
      connection.loadFromFile(await controlPlane.kubeconfig())
      client = new KubernetesWriter(connection)
    })

    after(() => controlPlane?.stop())

    for (const istioVersion of ISTIO_VERSIONS) {
      it(`accept each other, and leave no difference behind, with Istio ${istioVersion}`, async () => {
        for (const object of objectsFor(istioVersion)) {
          const made = await client.apply(object, { force: true })
          const live = (await client.get(object)) ?? expect.fail(`${nameOf(object)} was applied`)
          expect(differences(object, live), nameOf(object)).to.deep.equal([])
          const again = await client.apply(object, { force: false })
          expect(again.metadata.generation, `${nameOf(object)}, applied again`).to.equal(made.metadata.generation)
        }
      })
    }
  })
}
