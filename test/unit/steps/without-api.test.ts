import { expect } from 'chai'
import { Failure } from '../../../src/lib/engine/failure.ts'
import type { ApplyContext } from '../../../src/lib/engine/step.ts'
import type { ReadClients, WriteClients } from '../../../src/lib/steps/clients.ts'
import { appsStep, clusterStep, ecsStep } from '../../../src/lib/steps/index.ts'
import { withoutApi } from '../../../src/lib/steps/without-api.ts'
import { settings } from '../../support/settings.ts'

const unreachable = new Failure({ code: 'KUBERNETES_UNREACHABLE', message: 'no answer' })

/** A step that sees whether there is a Kubernetes client, and can't get on where there is one. */
const blindOnly = <S extends object>(step: S) => ({
  ...step,
  observe: async ({ clients }: { clients: ReadClients }) => {
    if ((await clients.kubernetes()) !== undefined) throw unreachable
    return 'no cluster'
  },
  apply: async () => {
    throw unreachable
  },
})
const [apps, ecs, cluster] = [blindOnly(appsStep), blindOnly(ecsStep), blindOnly(clusterStep)]

type Settings = ReturnType<typeof settings>

interface Where {
  readonly status: string | undefined
  readonly ours?: boolean
  readonly warnings?: string[]
}

function contextWhere({ status, ours = true, warnings = [] }: Where) {
  const tags = ours ? { 'ecs-ambient/cluster': 'ambient-ecs' } : {}
  const found = async () => (status === undefined ? undefined : { status, tags })
  const clients = { aws: { eks: { cluster: found } }, kubernetes: async () => ({}) } as unknown as WriteClients
  const warn = (message: string) => warnings.push(message)
  return { clients, desired: settings(), warn } as unknown as ApplyContext<Settings, WriteClients, unknown>
}

const change = { action: 'delete', kind: 'Service', name: 'default/eks-echo', reason: 'ours' } as const

describe('a removal whose Kubernetes API does not answer', () => {
  for (const status of ['DELETING', undefined]) {
    it(`goes on without it where the cluster is ${status ?? 'gone'}, and says nothing of it`, async () => {
      const warnings: string[] = []
      const [step] = withoutApi([apps])
      expect(await step?.observe(contextWhere({ status, warnings }))).to.equal('no cluster')
      const [other] = withoutApi([apps])
      expect(await other?.apply(change, contextWhere({ status, warnings }))).to.equal(undefined)
      expect(warnings).to.deep.equal([])
    })
  }

  it('goes on where the cluster goes too, and says once what is not seen', async () => {
    const warnings: string[] = []
    const context = contextWhere({ status: 'ACTIVE', warnings })
    for (const step of withoutApi([apps, ecs, cluster])) expect(await step.observe(context)).to.equal('no cluster')
    expect(warnings).to.have.length(1)
    expect(warnings[0]).to.contain('goes with it')
  })

  it('waits for the API once, not once in every step', async () => {
    const context = contextWhere({ status: 'ACTIVE' })
    let asked = 0
    const kubernetes = async () => {
      asked += 1
      return {} as never
    }
    for (const step of withoutApi([apps, ecs, cluster]))
      await step.observe({ ...context, clients: { ...context.clients, kubernetes } })
    expect(asked).to.equal(1)
  })

  it('goes on with what lives elsewhere where the cluster stays', async () => {
    const [step] = withoutApi([ecs])
    expect(await step?.observe(contextWhere({ status: 'ACTIVE' }))).to.equal('no cluster')
  })

  for (const [why, steps, ours] of [
    ['the cluster stays', [apps], true],
    ["the cluster is somebody else's", [apps, cluster], false],
  ] as const) {
    it(`fails where ${why}, and says what to do`, async () => {
      const [step] = withoutApi(steps)
      const context = contextWhere({ status: 'ACTIVE', ours })
      for (const failing of [step?.observe(context), step?.apply(change, context)]) {
        const failure = (await failing?.catch(error => error)) as Failure
        expect([failure.code, failure.exit]).to.deep.equal(['KUBERNETES_UNREACHABLE', 3])
        expect(failure.suggestions.join()).to.contain('cleanup --ecs --iam')
        expect(failure.suggestions.some(line => line.startsWith('ecs-ambient cleanup  '))).to.equal(ours)
      }
    })
  }

  it('fails as ever for any other reason', async () => {
    const broken = { ...apps, observe: () => Promise.reject(new Error('broken')) }
    const [step] = withoutApi([broken, cluster])
    expect(await step?.observe(contextWhere({ status: 'ACTIVE' })).catch(String)).to.equal('Error: broken')
  })
})
