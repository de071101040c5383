import { chmod, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { CoreV1Api, KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { ref } from '../../../src/lib/kubernetes/objects.ts'
import { needKubernetes, readClients } from '../../../src/lib/steps/clients.ts'
import { clusterStep } from '../../../src/lib/steps/index.ts'
import { type MeshWorld, startMesh, succeeded } from './mesh-world.ts'

const failureOf = async (work: Promise<unknown>) => {
  const error = await work.catch((reason: unknown) => reason)
  if (!isFailure(error)) throw new Error(`expected a Failure, got ${error}`)
  return error
}

describe('the clients of the steps', () => {
  let world: MeshWorld
  before(async () => {
    world = await startMesh()
  })
  after(() => world.close())
  const clients = (more = {}) => readClients(world.settings(more))

  describe('without a cluster', () => {
    it('have no Kubernetes, and say so where it is needed', async () => {
      expect(await clients().kubernetes()).to.equal(undefined)
      const missing = { code: 'CLUSTER_MISSING', exit: 3 }
      expect(await failureOf(needKubernetes(clients(), world.settings()))).to.include(missing)
      expect(await failureOf(clients().kubeconfig())).to.include(missing)
      expect(await failureOf(clients().tools.istioctl())).to.include(missing)
    })

    it('know the version of istioctl all the same', async () => {
      expect(await clients().tools.istioctlVersion()).to.equal('1.24.1')
    })

    it("refuse an istioctl that is missing, somebody else's, or of another version", async () => {
      const upstream = join(world.sandbox.dir, 'upstream-istioctl')
      await writeFile(upstream, '#!/bin/sh\necho "client version: 1.24.1"\n')
      await chmod(upstream, 0o755)
      const version = (more: object) => failureOf(clients(more).tools.istioctlVersion())
      expect(await version({ istioctl: '/nowhere/istioctl' })).to.include({ code: 'TOOL_NOT_FOUND', exit: 3 })
      expect(await version({ istioctl: upstream })).to.include({ code: 'TOOL_VERSION', exit: 3 })
      expect(await version({ istioVersion: '1.26.3' })).to.include({ code: 'TOOL_VERSION', exit: 3 })
    })
  })

  describe('with a cluster', () => {
    before(async function () {
      this.timeout(60_000)
      succeeded(await world.up([clusterStep]))
    })

    it('see one that has come while they were there', async () => {
      const before = clients()
      expect(await (await before.kubernetes())?.get(ref('Namespace', 'default'))).to.not.equal(undefined)
      expect(await before.kubernetes()).to.equal(await before.kubernetes())
    })

    it('write a kubeconfig that lets its bearer in by this program alone', async () => {
      const path = await clients().kubeconfig()
      const config = new KubeConfig()
      config.loadFromFile(path)
      const { items } = await config.makeApiClient(CoreV1Api).listNamespace()
      expect(items.map(({ metadata }) => metadata?.name)).to.include('kube-system')
      await rm(path)
      expect(await clients().kubeconfig()).to.equal(path)
    }).timeout(20_000)

    it("take the user's kubeconfig when it is this cluster's, and no other", async () => {
      const own = await clients().kubeconfig()
      expect(await clients({ kubeconfig: own }).kubeconfig()).to.equal(own)
      const other = join(world.sandbox.dir, 'other-kubeconfig')
      await writeFile(
        other,
        stringify({
          clusters: [{ name: 'c', cluster: { server: 'https://elsewhere.example' } }],
          users: [{ name: 'u', user: { token: 't' } }],
          contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
          'current-context': 'x',
        }),
      )
      const mismatch = { code: 'KUBE_CONTEXT_MISMATCH', exit: 3 }
      expect(await failureOf(clients({ kubeconfig: other }).kubernetes())).to.include(mismatch)
      expect(await failureOf(clients({ kubeconfig: other }).tools.istioctl())).to.include(mismatch)
    })

    it("ignore the user's own KUBECONFIG", async () => {
      process.env.KUBECONFIG = '/nowhere/config'
      expect(await clients().kubernetes()).to.not.equal(undefined)
    })
  })
})
