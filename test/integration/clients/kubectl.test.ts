import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { expect } from 'chai'
import { execa } from 'execa'
import type { Context } from 'mocha'
import { ControlPlane } from '../support/control-plane.ts'
import { gatewayApiBundle } from '../support/crds.ts'
import { inOrder } from '../support/in-order.ts'
import { Kubectl } from '../support/kubectl.ts'
import { Kubelet } from '../support/kubelet.ts'
import { gatewayApis, parts } from '../support/parts.ts'
import { Sandbox } from '../support/sandbox.ts'

interface Listed {
  readonly items: readonly { readonly metadata: { readonly name: string } }[]
}

interface Cluster {
  readonly env: Readonly<Record<string, string>>
  stop(): Promise<void>
}

/** The sandbox, and the real thing as proof that the tests ask for what is true. */
const CLUSTERS = {
  'the sandbox': {
    runsPods: true,
    async start(): Promise<Cluster> {
      const sandbox = await Sandbox.start()
      const config = {
        apiVersion: 'eksctl.io/v1alpha5',
        kind: 'ClusterConfig',
        metadata: { name: 'ambient-ecs', region: 'us-east-1' },
        managedNodeGroups: [{ name: 'nodes', instanceType: 't2.medium', desiredCapacity: 2 }],
      }
      const args = ['create', 'cluster', '--config-file', '-']
      await execa(sandbox.env.EKSCTL ?? 'eksctl', args, { env: sandbox.env, input: JSON.stringify(config) })
      return sandbox
    },
  },
  'kube-apiserver': {
    runsPods: false,
    async start(context: Context): Promise<Cluster> {
      const controlPlane = await ControlPlane.start(await parts.apiserver.need(context))
      const kubeconfig = await controlPlane.kubeconfig()
      const kubelet = new Kubelet(kubeconfig)
      const stop = async () => {
        await kubelet.stop()
        await controlPlane.stop()
      }
      return { env: { KUBECONFIG: kubeconfig }, stop }
    },
  },
}

/** What the guide does with kubectl, and what people do beside it. Each test stands on those before. */
for (const [name, { runsPods, start }] of Object.entries(CLUSTERS))
  describe(`kubectl and ${name}`, () => {
    inOrder()
    let cluster: Cluster
    let program: string
    let kubectl: Kubectl

    before(async function () {
      program = await parts.kubectl.need(this)
      cluster = await start(this)
      kubectl = new Kubectl(program, cluster.env)
    })

    after(() => cluster?.stop())

    it('asks for versions, resources and what it may do', async () => {
      const { serverVersion } = await kubectl.json<{ serverVersion: { major: string; gitVersion: string } }>([
        'version',
      ])
      expect(serverVersion.gitVersion).to.match(/^v1\.\d+\.\d+/)
      const resources = await kubectl.run(['api-resources', '--no-headers'])
      for (const kind of ['Namespace', 'Pod', 'Deployment', 'CustomResourceDefinition'])
        expect(resources).to.contain(kind)
      expect(await kubectl.run(['api-versions'])).to.contain('apps/v1')
      expect(await kubectl.run(['explain', 'deployment.spec.replicas'])).to.contain('integer')
      expect(await kubectl.run(['auth', 'can-i', 'create', 'deployments'])).to.equal('yes')
    })

    it('creates, labels and annotates a namespace and a service account', async () => {
      await kubectl.run(['create', 'ns', 'ecs'])
      await kubectl.run(['label', 'namespace', 'ecs', 'istio.io/dataplane-mode=ambient'])
      await kubectl.run(['create', 'sa', 'demo', '-n', 'ecs'])
      const annotate = (value: string) => [
        '-n',
        'ecs',
        'annotate',
        'sa',
        'demo',
        `ecs.solo.io/role-arn=${value}`,
        '--overwrite',
      ]
      await kubectl.run(annotate('arn:aws:iam::1:role/old'))
      await kubectl.run(annotate('arn:aws:iam::1:role/new'))
      const read = ['get', 'sa', 'demo', '-n', 'ecs', '-o', 'jsonpath={.metadata.annotations}']
      expect(JSON.parse(await kubectl.run(read))).to.deep.equal({ 'ecs.solo.io/role-arn': 'arn:aws:iam::1:role/new' })
      expect(await kubectl.run(['get', 'ns', '-l', 'istio.io/dataplane-mode=ambient', '-o', 'name'])).to.equal(
        'namespace/ecs',
      )
      const again = await kubectl.try(['create', 'ns', 'ecs'])
      expect(again.exitCode).to.equal(1)
      expect(again.stderr).to.contain('AlreadyExists')
    })

    it('installs the Gateway API', async function () {
      const bundle = await gatewayApiBundle(await (gatewayApis[0] ?? expect.fail()).need(this))
      await kubectl.install(bundle)
      expect(await kubectl.run(['get', 'gateways', '-A', '--ignore-not-found'])).to.equal('')
    })

    it('applies a deployment twice, and waits for its rollout', async () => {
      const created = await kubectl.run(['apply', '-f', '-'], deployment(1))
      expect(created).to.equal('deployment.apps/web created')
      expect(await kubectl.run(['apply', '-f', '-'], deployment(1))).to.equal('deployment.apps/web unchanged')
      expect(await kubectl.run(['diff', '-f', '-'], deployment(1))).to.equal('')
      await kubectl.run(['rollout', 'status', 'deployment/web', '--timeout=60s'])
      await kubectl.run(['wait', '--for=condition=Available', 'deployment/web', '--timeout=60s'])
      await kubectl.run(['wait', '--for=condition=Ready', 'pod', '-l', 'app=web', '--timeout=60s'])
      expect(await kubectl.run(['apply', '-f', '-'], deployment(2))).to.equal('deployment.apps/web configured')
      await kubectl.run(['rollout', 'status', 'deployment/web', '--timeout=60s'])
      const pods = await kubectl.json<Listed>(['get', 'pods', '-l', 'app=web'])
      expect(pods.items).to.have.length(2)
      await kubectl.run(['rollout', 'restart', 'deployment/web'])
      await kubectl.run(['rollout', 'status', 'deployment/web', '--timeout=60s'])
    })

    it('prints tables, wide and plain, and describes', async () => {
      const table = await kubectl.run(['get', 'deployments,pods'])
      expect(table).to.match(/NAME +READY +UP-TO-DATE +AVAILABLE +AGE/)
      expect(table).to.match(/NAME +READY +STATUS +RESTARTS +AGE/)
      expect(await kubectl.run(['get', 'pods', '-o', 'wide'])).to.match(/IP +NODE/)
      expect(await kubectl.run(['describe', 'deployment', 'web'])).to.contain('2 desired')
      if (runsPods) expect(await kubectl.run(['get', 'nodes', '-o', 'name'])).to.match(/^node\//)
    })

    if (runsPods) {
      it('runs commands in a pod, with their own exit codes', async () => {
        const pod = await kubectl.run(['get', 'pods', '-l', 'app=web', '-o', 'jsonpath={.items[0].metadata.name}'])
        expect(await kubectl.run(['exec', pod, '--', 'echo', 'hello'])).to.equal('hello')
        expect((await kubectl.try(['exec', pod, '--', 'sh', '-c', 'exit 7'])).exitCode).to.equal(7)
        expect(await kubectl.run(['exec', '-i', pod, '--', 'cat'], 'typed')).to.equal('typed')
        expect((await kubectl.try(['exec', 'missing', '--', 'true'])).stderr).to.contain('NotFound')
      })
    }

    it('applies server-side, and tells of a conflict', async () => {
      const configMap = (value: string) =>
        JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'shared' }, data: { key: value } })
      await kubectl.run(['apply', '--server-side', '--field-manager=one', '-f', '-'], configMap('1'))
      const other = ['apply', '--server-side', '--field-manager=two', '-f', '-']
      const refused = await kubectl.try(other, configMap('2'))
      expect(refused.exitCode).to.equal(1)
      expect(refused.stderr).to.contain('conflict with "one"').and.to.contain('.data.key')
      await kubectl.run([...other, '--force-conflicts'], configMap('2'))
      const fields = await kubectl.run([
        'get',
        'configmap',
        'shared',
        '-o',
        'jsonpath={.metadata.managedFields[*].manager}',
      ])
      expect(fields).to.contain('two')
      const misspelt = await kubectl.try(
        ['apply', '--server-side', '-f', '-'],
        configMap('1').replace('"data"', '"dta"'),
      )
      expect(misspelt.stderr).to.contain('dta')
    })

    it('patches in three ways', async () => {
      const patch = (type: string, value: string) =>
        kubectl.run(['patch', 'configmap', 'shared', `--type=${type}`, '-p', value])
      await patch('merge', '{"data":{"merged":"1"}}')
      await patch('strategic', '{"data":{"strategic":"1"}}')
      await patch('json', '[{"op":"remove","path":"/data/key"}]')
      const { data } = await kubectl.json<{ data: object }>(['get', 'configmap', 'shared'])
      expect(data).to.deep.equal({ merged: '1', strategic: '1' })
    })

    it('watches changes as they happen', async () => {
      const watch = spawn(program, ['get', 'configmap', '-w', '-o', 'name'], {
        env: { ...process.env, ...cluster.env },
      })
      const lines = createInterface({ input: watch.stdout })
      const wanted = (name: string) =>
        new Promise<void>(resolve => lines.on('line', line => line.endsWith(name) && resolve()))
      await wanted('shared')
      const seen = wanted('watched')
      await kubectl.run(['create', 'configmap', 'watched'])
      await seen
      watch.kill()
      await once(watch, 'exit')
    })

    it('waits until what it deletes is gone', async () => {
      await kubectl.run(['delete', 'deployment', 'web', '--timeout=60s'])
      await kubectl.run(['wait', '--for=delete', 'pod', '-l', 'app=web', '--timeout=60s'])
      expect(await kubectl.run(['get', 'pods', '-l', 'app=web', '-o', 'name'])).to.equal('')
      await kubectl.run(['delete', 'ns', 'ecs', '--timeout=60s'])
      expect((await kubectl.try(['get', 'ns', 'ecs'])).stderr).to.contain('NotFound')
      expect(await kubectl.run(['delete', 'ns', 'ecs', '--ignore-not-found'])).to.equal('')
    })
  })

const deployment = (replicas: number): string =>
  JSON.stringify({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: { name: 'web', labels: { app: 'web' } },
    spec: {
      replicas,
      selector: { matchLabels: { app: 'web' } },
      template: {
        metadata: { labels: { app: 'web' } },
        spec: { containers: [{ name: 'web', image: 'curlimages/curl:8.11.1', command: ['sleep', 'infinity'] }] },
      },
    },
  })
