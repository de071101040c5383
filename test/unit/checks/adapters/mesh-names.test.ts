import { expect } from 'chai'
import { meshNames } from '../../../../src/lib/checks/adapters/mesh-names.ts'
import type { EcsClusterSettings } from '../../../../src/lib/config/settings.ts'
import type { ReadClients } from '../../../../src/lib/steps/clients.ts'
import { settings } from '../../../support/settings.ts'

const cluster = (name: string, namespace = 'ecs'): EcsClusterSettings => ({
  name,
  namespace,
  serviceAccount: 'demo',
  services: [],
})
const ONE = cluster('ecs-one')
const TWO = cluster('ecs-two')

/** A Kubernetes that has only ServiceEntries with these hosts, all in namespace ecs. */
const clientsWith = (...hosts: readonly string[]) =>
  ({
    kubernetes: async () => ({
      get: async () => undefined,
      list: async (_: unknown, { namespace }: { namespace: string }) =>
        namespace === 'ecs' ? hosts.map(host => ({ spec: { hosts: [host] } })) : [],
    }),
  }) as unknown as ReadClients

const hostFor = async (of: EcsClusterSettings, hosts: readonly string[], istioVersion = '1.24.1') => {
  const names = await meshNames(settings({ istioVersion, ecsClusters: [ONE, TWO] }), clientsWith(...hosts))
  return names.ecsHost(of, 'echo-service')
}

describe('the name of an ECS service', () => {
  it('is that of its ServiceEntry', async () => {
    expect(await hostFor(ONE, ['shell-task.ecs.external', 'echo-service.ecs.external'])).to.equal(
      'echo-service.ecs.external',
    )
  })

  it("is that of its own cluster's where two share a namespace", async () => {
    const hosts = ['echo-service.ecs-one.ecs.local', 'echo-service.ecs-two.ecs.local']
    expect(await hostFor(TWO, hosts)).to.equal('echo-service.ecs-two.ecs.local')
  })

  it('is what the Istio version makes of it where there is no entry, or none that is surely its own', async () => {
    expect(await hostFor(ONE, [])).to.equal('echo-service.ecs.local')
    expect(await hostFor(ONE, [], '1.28.0')).to.equal('echo-service.ecs-one.ecs.local')
    expect(await hostFor(ONE, ['echo-service.a', 'echo-service.b'])).to.equal('echo-service.ecs.local')
    expect(await hostFor(cluster('ecs-three', 'elsewhere'), ['echo-service.a'])).to.equal('echo-service.ecs.local')
  })
})

describe('the service account of ECS tasks', () => {
  it('is the default one until enrolment can give them another', async () => {
    const account = async (istioVersion: string) =>
      (await meshNames(settings({ istioVersion }), clientsWith())).ecsServiceAccount(ONE)
    expect(await account('1.24.1')).to.equal('default')
    expect(await account('1.28.0')).to.equal('demo')
  })
})
