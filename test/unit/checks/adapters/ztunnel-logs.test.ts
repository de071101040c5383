import type { TaskDefinition } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import { ZtunnelLogs } from '../../../../src/lib/checks/adapters/ztunnel-logs.ts'
import type { Place } from '../../../../src/lib/checks/places.ts'
import type { LogOptions } from '../../../../src/lib/kubernetes/client.ts'
import { places } from '../fake-mesh.ts'

const at = (...names: string[]) => names.map(name => places.get(name) as Place)
const line = (time: string, port: number) =>
  `${time}\tinfo\taccess\tconnection complete\tsrc.addr=10.0.1.5:${port} dst.addr=10.0.2.7:15008 direction="inbound"`

/** Two nodes with a ztunnel each, and an ECS service with one task. */
class FakeLogs {
  /** By ztunnel pod. */
  readonly pods: Record<string, string[]> = { 'ztunnel-1': [], 'ztunnel-2': [] }
  readonly asked: LogOptions[] = []
  stream: { at: number; message: string }[] = []
  forbidden = false
  containers: TaskDefinition['containerDefinitions'] = [
    { name: 'echo-service' },
    {
      name: 'ztunnel',
      logConfiguration: {
        logDriver: 'awslogs',
        options: { 'awslogs-group': '/ecs/x', 'awslogs-stream-prefix': 'mesh' },
      },
    },
  ]

  readonly reader = new ZtunnelLogs(
    {
      list: async (_, { labelSelector = '' } = {}) => {
        const pod = (name: string, nodeName: string) => ({
          metadata: { name },
          spec: { nodeName },
          status: { phase: 'Running' },
        })
        const app = labelSelector.slice('app='.length)
        const pods =
          app === 'ztunnel' ? [pod('ztunnel-1', 'node-1'), pod('ztunnel-2', 'node-2')] : [pod(`${app}-a`, 'node-1')]
        return pods as never
      },
      logs: async options => {
        if (this.forbidden) throw new Error('pods/log is forbidden')
        this.asked.push(options)
        const lines = this.pods[options.pod] ?? []
        const since = lines.filter(text => options.sinceTime === undefined || text >= options.sinceTime.slice(0, -1))
        return `${(options.tailLines === undefined ? since : since.slice(-options.tailLines)).join('\n')}\n`
      },
    },
    {
      tasks: async () => [{ taskArn: 'arn:aws:ecs:r:1:task/c/t1', taskDefinitionArn: 'echo:2' }],
      taskDefinition: async () => ({ taskDefinition: { containerDefinitions: this.containers ?? [] }, tags: {} }),
    },
    {
      lastLines: async (_, stream, limit) => this.stream.slice(-limit).map(entry => ({ ...entry, stream })),
      filter: async (group, { since, streamPrefix = '' }) => {
        expect({ group, streamPrefix }).to.deep.equal({ group: '/ecs/x', streamPrefix: 'mesh/ztunnel/t1' })
        return this.stream.filter(entry => entry.at >= since).map(entry => ({ ...entry, stream: streamPrefix }))
      },
    },
  )
}

const portsIn = (connections: readonly { readonly source: { readonly address?: string } }[]) =>
  connections.map(({ source }) => Number(source.address?.split(':')[1]))

describe("reading the ztunnels' logs", () => {
  it('begins with what is logged from then on, also within the same second', async () => {
    const logs = new FakeLogs()
    logs.pods['ztunnel-1'] = [line('2025-01-01T00:00:00.1Z', 1), line('2025-01-01T00:00:01.2Z', 2)]
    const read = await logs.reader.follow(at('eks/shell', 'eks/echo'))
    logs.pods['ztunnel-1']?.push(line('2025-01-01T00:00:01.3Z', 3), line('2025-01-01T00:00:02.0Z', 4))
    const { connections, problems } = await read()
    expect(portsIn(connections)).to.deep.equal([3, 4])
    expect(problems).to.deep.equal([])
    expect(logs.asked.at(-1)).to.deep.include({ pod: 'ztunnel-1', sinceTime: '2025-01-01T00:00:01Z' })
  })

  it('reads only the ztunnel of the node, and once for two pods on it', async () => {
    const logs = new FakeLogs()
    logs.pods['ztunnel-2'] = [line('2025-01-01T00:00:00Z', 9)]
    const read = await logs.reader.follow(at('eks/shell', 'eks/echo'))
    logs.pods['ztunnel-1']?.push(line('2025-01-01T00:00:00Z', 1))
    logs.pods['ztunnel-2']?.push(line('2025-01-01T00:00:01Z', 2))
    expect(portsIn((await read()).connections)).to.deep.equal([1])
  })

  it("reads the stream of a task's own ztunnel in CloudWatch", async () => {
    const logs = new FakeLogs()
    logs.stream = [{ at: 5, message: line('t', 1) }]
    const read = await logs.reader.follow(at('ecs/echo'))
    logs.stream.push({ at: 5, message: line('t', 2) }, { at: 6, message: line('t', 3) })
    expect(portsIn((await read()).connections)).to.deep.equal([2, 3])
    logs.stream.push({ at: 7, message: line('t', 4) })
    expect(portsIn((await read()).connections)).to.deep.equal([2, 3, 4])
  })

  it('reads a log from its beginning that was empty', async () => {
    const logs = new FakeLogs()
    const read = await logs.reader.follow(at('ecs/echo', 'eks/echo'))
    logs.stream.push({ at: 1, message: line('t', 1) })
    logs.pods['ztunnel-1']?.push(line('2025-01-01T00:00:00Z', 2))
    expect(portsIn((await read()).connections)).to.have.members([1, 2])
  })

  it('has no ztunnel to ask for what lies outside', async () => {
    expect(await (await new FakeLogs().reader.follow(at('internet')))()).to.deep.equal({
      connections: [],
      problems: [],
    })
  })

  it('says what can not be read, and reads the rest', async () => {
    const logs = new FakeLogs()
    logs.forbidden = true
    const read = await logs.reader.follow(at('eks/echo', 'ecs/echo'))
    logs.stream.push({ at: 1, message: line('t', 1) })
    const { connections, problems } = await read()
    expect(portsIn(connections)).to.deep.equal([1])
    expect(problems).to.deep.equal(["the log of pod istio-system/ztunnel-1 can't be read: pods/log is forbidden"])
  })

  it('says when it can no longer be read', async () => {
    const logs = new FakeLogs()
    const read = await logs.reader.follow(at('eks/echo'))
    logs.forbidden = true
    expect((await read()).problems).to.have.length(1)
    logs.forbidden = false
    expect((await read()).problems).to.deep.equal([])
  })

  it('says that a task is not enrolled, or that its ztunnel does not log', async () => {
    const logs = new FakeLogs()
    logs.containers = [{ name: 'echo-service' }]
    expect((await (await logs.reader.follow(at('ecs/echo')))()).problems).to.deep.equal([
      'ecs/echo has no ztunnel: it is not enrolled',
    ])
    logs.containers = [{ name: 'ztunnel' }]
    expect((await (await logs.reader.follow(at('ecs/echo')))()).problems).to.deep.equal([
      'the ztunnel of ecs/echo does not log to CloudWatch',
    ])
  })
})
