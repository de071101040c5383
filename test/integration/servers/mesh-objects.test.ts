import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { Account, isWrite } from '../support/account.ts'
import { ApiProxy, status } from '../support/api-proxy.ts'
import { ControlPlane } from '../support/control-plane.ts'
import { gatewayApiBundle, istioCrds } from '../support/crds.ts'
import { inOrder } from '../support/in-order.ts'
import { Kubectl } from '../support/kubectl.ts'
import { Kubelet } from '../support/kubelet.ts'
import { gatewayApis, parts } from '../support/parts.ts'
import { changesOf, type Program } from '../support/program.ts'

const MANAGED = '-l=app.kubernetes.io/managed-by=ecs-ambient'

/**
 * The steps whose results are Kubernetes objects, on a real API server; the EKS cluster that it stands for is at moto.
 * Each test stands on those before.
 */
describe('the steps of the mesh on kube-apiserver', () => {
  inOrder()
  let account: Account
  let controlPlane: ControlPlane
  let proxy: ApiProxy
  let kubelet: Kubelet
  let kubectl: Kubectl
  let program: Program
  let bundles: readonly string[]

  before(async function () {
    const python = await parts.moto.need(this)
    const apiserver = await parts.apiserver.need(this)
    const client = await parts.kubectl.need(this)
    const istioctl = await parts.istioctl.need(this)
    const istio = await parts.istio.need(this)
    const releases = []
    for (const release of gatewayApis) releases.push(await gatewayApiBundle(await release.need(this)))

    account = await Account.start(python)
    controlPlane = await ControlPlane.start(apiserver)
    kubectl = new Kubectl(client, { KUBECONFIG: await controlPlane.kubeconfig() })
    kubelet = new Kubelet(await controlPlane.kubeconfig())
    proxy = await ApiProxy.start(controlPlane)
    bundles = await Promise.all(
      releases.map(async (text, index) => {
        const path = join(controlPlane.dir, `standard-install-${index}.yaml`)
        await writeFile(path, text)
        return path
      }),
    )
    // The program takes Solo's istioctl alone; of all else the upstream one is asked.
    const solo = join(controlPlane.dir, 'istioctl')
    await writeFile(
      solo,
      `#!/bin/sh\n[ "$1" = version ] && echo 'client version: 1.24.1-solo' && exit\nexec '${istioctl}' "$@"\n`,
    )
    await chmod(solo, 0o755)
    await account.createCluster(proxy)
    program = account.program.with(
      {
        ISTIO_VERSION: '1.24.1',
        ISTIOCTL: solo,
        GATEWAY_API_URL: bundles[0] ?? '',
      },
      ['--kubeconfig', await controlPlane.kubeconfig(proxy, 'proxied')],
    )
    await program.run(['iam', 'ensure'])
    // What `istioctl install` leaves behind, as far as the steps look at it.
    await kubectl.install(await istioCrds(istio))
    await kubectl.run(['create', 'namespace', 'istio-system'])
    await kubectl.run(['create', 'deployment', 'istiod', '-n', 'istio-system', '--image=example.com/pilot'])
  })

  after(async () => {
    await kubelet?.stop()
    await proxy?.stop()
    await controlPlane?.stop()
    await account?.stop()
  })

  beforeEach(() => {
    proxy.verdict = () => undefined
    proxy.requests.length = 0
  })

  const writes = () => proxy.requests.filter(({ method }) => method !== 'GET')
  const again = async (...args: readonly string[]) => {
    proxy.requests.length = 0
    expect(await program.changes(args)).to.deep.equal([])
    expect(writes().map(({ method, url }) => `${method} ${url.pathname}`)).to.deep.equal([])
  }

  it('refuses a kubeconfig of another cluster', async () => {
    const other = await controlPlane.kubeconfig({ ...proxy, server: 'https://127.0.0.1:1' }, 'other')
    const { exitCode, document } = await account.program.try(['ecs', 'namespace', '--kubeconfig', other])
    expect([exitCode, document.error?.code]).to.deep.equal([3, 'KUBE_CONTEXT_MISMATCH'])
    expect(writes()).to.deep.equal([])
  })

  it('installs the Gateway API, upgrades it, and finds nothing to do again', async () => {
    for (const bundle of bundles) {
      const upgrade = program.with({ GATEWAY_API_URL: bundle })
      expect(await upgrade.changes(['gateway-api', 'install'])).not.to.deep.equal([])
      expect(await upgrade.changes(['gateway-api', 'install'])).to.deep.equal([])
    }
    program = program.with({ GATEWAY_API_URL: bundles.at(-1) ?? '' })
    const crds = await kubectl.run(['get', 'crd', MANAGED, '-o', 'name'])
    expect(crds).to.contain('gateways.gateway.networking.k8s.io')
  })

  it('makes the namespace of ECS with its service account', async () => {
    await program.run(['ecs', 'namespace'])
    const labels = await kubectl.run(['get', 'ns', 'ecs', '-o', 'jsonpath={.metadata.labels}'])
    expect(JSON.parse(labels)).to.include({ 'istio.io/dataplane-mode': 'ambient' })
    const role = await kubectl.run(['get', 'sa', 'demo', '-n', 'ecs', '-o', 'jsonpath={.metadata.annotations}'])
    expect(JSON.parse(role)).to.deep.equal({
      'ecs.solo.io/role-arn': 'arn:aws:iam::123456789012:role/eks-ecs-task-role',
    })
    await again('ecs', 'namespace')
  })

  it('exposes istiod by a gateway, and waits for its address', async () => {
    const { result } = await program.run(['istio', 'expose'])
    expect(result?.steps?.[0]?.facts).to.include({ gatewayAddress: 'localhost' })
    await again('istio', 'expose')
  })

  it('deploys the test pods, and waits until they are there', async () => {
    await program.run(['apps', 'deploy'])
    for (const app of ['eks-echo', 'eks-shell']) {
      await kubectl.run(['wait', '--for=condition=Available', `deployment/${app}`, '--timeout=1s'])
    }
    await again('apps', 'deploy')
  })

  it('leaves fields of others alone, and mends its own', async () => {
    const theirs = ['--field-manager=somebody', '--overwrite']
    await kubectl.run(['annotate', 'deployment', 'eks-echo', 'team=mesh', ...theirs])
    await kubectl.run(['label', 'ns', 'ecs', 'cost-centre=42', ...theirs])
    expect((await program.states()).apps).to.equal('ready')
    await kubectl.run(['set', 'image', 'deployment/eks-echo', 'eks-echo=example.com/other'])
    await kubectl.run(['annotate', 'sa', 'demo', '-n', 'ecs', 'ecs.solo.io/role-arn=somebody', ...theirs])
    await kubectl.run(['label', 'ns', 'ecs', 'istio.io/dataplane-mode-'])
    const states = await program.states()
    expect([states.apps, states.namespace]).to.deep.equal(['drifted', 'drifted'])
    expect(await program.changes(['apps', 'deploy'])).to.deep.equal(['update Deployment default/eks-echo'])
    expect(await program.changes(['ecs', 'namespace'])).to.have.members([
      'update Namespace ecs',
      'update ServiceAccount ecs/demo',
    ])
    const image = ['get', 'deployment', 'eks-echo', '-o', 'jsonpath={.spec.template.spec.containers[0].image}']
    expect(await kubectl.run(image)).to.contain('istio-testing/app')
    expect(
      await kubectl.run(['get', 'deployment', 'eks-echo', '-o', 'jsonpath={.metadata.annotations.team}']),
    ).to.equal('mesh')
    expect(await kubectl.run(['get', 'ns', '-l', 'cost-centre=42', '-o', 'name'])).to.equal('namespace/ecs')
  })

  it("is in nobody's way: a foreign object of our name is named, and adopted only on request", async () => {
    await kubectl.run(['delete', 'deployment', 'eks-shell'])
    await kubectl.run(['create', 'deployment', 'eks-shell', '--image=example.com/theirs'])
    const { exitCode, document } = await program.try(['apps', 'deploy'])
    expect([exitCode, document.error?.code]).to.deep.equal([2, 'NOT_OURS'])
    expect(document.error?.message).to.contain('eks-shell')
    const image = ['get', 'deployment', 'eks-shell', '-o', 'jsonpath={.spec.template.spec.containers[0].image}']
    expect(await kubectl.run(image)).to.equal('example.com/theirs')
    expect(await program.changes(['apps', 'deploy', '--adopt'])).to.deep.equal(['adopt Deployment default/eks-shell'])
    // The container of the others stays beside ours: that is no difference that could ever be mended.
    const images = await kubectl.run(image.with(-1, 'jsonpath={.spec.template.spec.containers[*].image}'))
    expect(images).to.contain('curlimages/curl').and.to.contain('example.com/theirs')
    await again('apps', 'deploy')
  })

  it('waits while the API server is throttling or restarting', async () => {
    await kubectl.run(['delete', 'service', 'eks-echo'])
    const refusals = [
      { ...status(429, 'TooManyRequests', 'please try again later'), headers: { 'retry-after': '1' } },
      status(503, 'ServiceUnavailable', 'apiserver not ready'),
    ]
    proxy.verdict = ({ method }) => (method === 'PATCH' ? refusals.shift() : undefined)
    expect(await program.changes(['apps', 'deploy'])).to.deep.equal(['create Service default/eks-echo'])
    expect(refusals).to.deep.equal([])
  })

  it('applies the policies, lists them, and removes them again', async () => {
    for (const policy of ['eks-deny', 'ecs-deny']) {
      await program.run(['policy', 'apply', policy])
      await again('policy', 'apply', policy)
    }
    const { result } = await program.run(['policy', 'list'])
    const listed = result?.policies as { name: string; ours: boolean }[]
    expect(listed.map(({ name, ours }) => [name, ours])).to.have.deep.members([
      ['eks-echo-deny', true],
      ['ecs-deny-all', true],
    ])
    await program.run(['policy', 'remove', 'eks-deny'])
    expect(await kubectl.run(['get', 'authorizationpolicies', '-A', '-o', 'name']))
      .to.contain('ecs-deny-all')
      .and.not.to.contain('eks-echo-deny')
  })

  it('applies the layer 7 policy with its waypoint, by the real istioctl', async () => {
    await program.run(['policy', 'apply', 'post-only'])
    const waypoint = await kubectl.json<{ spec: { gatewayClassName: string } }>([
      'get',
      'gateway',
      'waypoint',
      '-n',
      'ecs',
    ])
    expect(waypoint.spec.gatewayClassName).to.equal('istio-waypoint')
    const label = ['get', 'ns', 'ecs', '-o', 'jsonpath={.metadata.labels.istio\\.io/use-waypoint}']
    expect(await kubectl.run(label)).to.equal('waypoint')
    await again('policy', 'apply', 'post-only')
    await program.run(['policy', 'waypoint', '--remove'])
    expect(await kubectl.run(['get', 'gateway', '-n', 'ecs', '-o', 'name'])).to.equal('')
    expect(await kubectl.run(label)).to.equal('')
  })

  it('says of every step how it stands', async () => {
    const states = await program.states()
    expect(states).to.include({
      iam: 'ready',
      namespace: 'ready',
      'east-west': 'ready',
      apps: 'ready',
      'gateway-api': 'ready',
      ecs: 'absent',
    })
  })

  it('plans a cleanup without writing', async () => {
    const calls = await account.callsOf(async () => {
      const plan = await program.changes(['cleanup', '--mesh', '--dry-run'])
      expect(plan).to.include.members([
        'delete AuthorizationPolicy ecs/ecs-deny-all',
        'delete Deployment default/eks-echo',
        'delete Namespace ecs',
        'delete Gateway istio-system/eastwest',
      ])
    })
    expect(calls.filter(isWrite)).to.deep.equal([])
    expect(writes()).to.deep.equal([])
  })

  it('cleans up what is ours, and waits for a finalizer', async () => {
    await kubectl.run(['create', 'namespace', 'of-another-team'])
    await kubectl.run(['create', 'configmap', 'theirs', '-n', 'default'])
    await kubectl.run(['label', 'ns', 'default', 'team=theirs'])
    const hold = (finalizers: string) => [
      'patch',
      'deployment',
      'eks-echo',
      '--type=merge',
      '-p',
      `{"metadata":{"finalizers":${finalizers}}}`,
    ]
    await kubectl.run(hold('["example.com/wait"]'))
    const cleaning = program.try(['cleanup', '--mesh', '--yes'])
    await kubectl.run(['wait', 'deployment/eks-echo', '--for=jsonpath={.metadata.deletionTimestamp}', '--timeout=60s'])
    await kubectl.run(hold('null'))
    const { document, exitCode } = await cleaning
    expect(exitCode, JSON.stringify(document.error)).to.equal(0)
    expect(changesOf(document)).to.include('delete Namespace ecs')

    const all = 'namespaces,deployments,services,serviceaccounts,authorizationpolicies'
    expect(await kubectl.run(['get', all, '-A', MANAGED, '-o', 'name'])).to.equal('')
    expect(await kubectl.run(['get', 'crd', MANAGED, '-o', 'name'])).to.equal('')
    const labels = JSON.parse(await kubectl.run(['get', 'ns', 'default', '-o', 'jsonpath={.metadata.labels}']))
    expect(labels).to.include({ team: 'theirs' }).and.not.to.have.property('istio.io/dataplane-mode')
    await kubectl.run(['get', 'namespace', 'of-another-team'])
    await kubectl.run(['get', 'configmap', 'theirs'])
    expect((await program.states()).apps).to.equal('absent')
  })
})
