import { expect } from 'chai'
import { Failure } from '../../../src/lib/engine/failure.ts'
import type { StepContext } from '../../../src/lib/engine/step.ts'
import type { ReadClients, WriteClients } from '../../../src/lib/steps/clients.ts'
import { besideGoingCluster } from '../../../src/lib/steps/going-cluster.ts'
import { appsStep } from '../../../src/lib/steps/index.ts'
import { settings } from '../../support/settings.ts'

const unreachable = new Failure({ code: 'KUBERNETES_UNREACHABLE', message: 'no answer' })

/** A step that sees whether there is a Kubernetes client, and can't get on where there is one. */
const step = besideGoingCluster({
  ...appsStep,
  observe: async ({ clients }) => {
    if ((await clients.kubernetes()) !== undefined) throw unreachable
    return 'no cluster'
  },
  apply: async () => {
    throw unreachable
  },
})

function contextWhere(status: string | undefined): StepContext<ReturnType<typeof settings>, ReadClients> {
  const cluster = async () => (status === undefined ? undefined : { status })
  const clients = { aws: { eks: { cluster } }, kubernetes: async () => ({}) } as unknown as ReadClients
  return { clients, desired: settings() } as StepContext<ReturnType<typeof settings>, ReadClients>
}

const change = { action: 'delete', kind: 'Service', name: 'default/eks-echo', reason: 'ours' } as const
const applied = (status: string | undefined) =>
  step.apply(change, contextWhere(status) as Parameters<typeof step.apply>[1] & { clients: WriteClients })

async function codeOf(work: Promise<unknown>): Promise<unknown> {
  return work.catch((error: { code?: unknown }) => error.code)
}

describe('a removal beside an EKS cluster that goes', () => {
  for (const status of ['DELETING', undefined]) {
    it(`goes on without it where the cluster is ${status ?? 'gone'}`, async () => {
      expect(await step.observe(contextWhere(status))).to.equal('no cluster')
      expect(await applied(status)).to.equal(undefined)
    })
  }

  it('fails where the cluster stands and does not answer', async () => {
    expect(await codeOf(step.observe(contextWhere('ACTIVE')))).to.equal('KUBERNETES_UNREACHABLE')
    expect(await codeOf(applied('ACTIVE'))).to.equal('KUBERNETES_UNREACHABLE')
  })
})
