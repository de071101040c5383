import type { Task } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import type { CheckedPod } from '../../../../src/lib/checks/adapters/pods.ts'
import { LiveWorkloads } from '../../../../src/lib/checks/adapters/workloads.ts'
import type { Place } from '../../../../src/lib/checks/places.ts'
import { places } from '../fake-mesh.ts'

const at = (name: string) => places.get(name) as Place

const pod = (
  uid: string,
  more: { phase?: string; restarts?: number; going?: boolean; ip?: string } = {},
): CheckedPod => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: {
    name: `eks-echo-${uid}`,
    namespace: 'default',
    uid,
    ...(more.going ? { deletionTimestamp: '2025-01-01T00:00:00Z' } : {}),
  },
  status: {
    phase: more.phase ?? 'Running',
    podIP: more.ip ?? '10.0.2.7',
    containerStatuses: [{ name: 'eks-echo', restartCount: more.restarts ?? 0 }],
  },
})

const task = (id: string, more: { ip?: string; runtime?: string } = {}): Task => ({
  taskArn: `arn:aws:ecs:us-east-1:111122223333:task/c/${id}`,
  containers: [{ name: 'echo-service', runtimeId: more.runtime ?? `${id}-1` }],
  attachments: [
    { type: 'ElasticNetworkInterface', details: [{ name: 'privateIPv4Address', value: more.ip ?? '10.0.1.5' }] },
  ],
})

const standing = (name: string, pods: readonly CheckedPod[], tasks: readonly Task[] = []) =>
  new LiveWorkloads({ list: async () => pods as never }, { tasks: async () => tasks }).standing(at(name))

const fingerprint = async (name: string, pods: readonly CheckedPod[], tasks: readonly Task[] = []) =>
  (await standing(name, pods, tasks))?.fingerprint

describe('what stands behind a place', () => {
  it('is a pod with its address', async () => {
    expect(await standing('eks/echo', [pod('a')])).to.deep.equal({
      fingerprint: 'pod eks-echo-a (uid a, 10.0.2.7, 0 restarts)',
      addresses: ['10.0.2.7'],
    })
  })

  it('is a task with its address and its containers', async () => {
    expect(await standing('ecs/echo', [], [task('t')])).to.deep.equal({
      fingerprint: 'task t (10.0.1.5, t-1)',
      addresses: ['10.0.1.5'],
    })
  })

  it('is another for a new pod, a restart, another address', async () => {
    const before = await fingerprint('eks/echo', [pod('a')])
    for (const after of [pod('b'), pod('a', { restarts: 1 }), pod('a', { ip: '10.0.2.8' })]) {
      expect(await fingerprint('eks/echo', [after])).not.to.equal(before)
    }
    expect(await fingerprint('eks/echo', [pod('a'), pod('b')])).not.to.equal(before)
  })

  it('is another for a new task, a restarted container, another address', async () => {
    const before = await fingerprint('ecs/echo', [], [task('t')])
    for (const after of [task('u'), task('t', { runtime: 't-2' }), task('t', { ip: '10.0.1.6' })]) {
      expect(await fingerprint('ecs/echo', [], [after])).not.to.equal(before)
    }
  })

  it('is the same in whatever order it is listed', async () => {
    expect(await fingerprint('eks/echo', [pod('a'), pod('b')])).to.equal(
      await fingerprint('eks/echo', [pod('b'), pod('a')]),
    )
    expect(await fingerprint('ecs/echo', [], [task('a'), task('b')])).to.equal(
      await fingerprint('ecs/echo', [], [task('b'), task('a')]),
    )
  })

  it('is nothing where nothing runs, or what runs is going', async () => {
    expect(await standing('eks/echo', [])).to.equal(undefined)
    expect(await standing('eks/echo', [pod('a', { phase: 'Pending' }), pod('b', { going: true })])).to.equal(undefined)
    expect(await standing('ecs/echo', [])).to.equal(undefined)
    expect(await standing('internet', [pod('a')])).to.equal(undefined)
  })
})
