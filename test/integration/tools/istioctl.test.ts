import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { parseAllDocuments, stringify } from 'yaml'
import { meshProfile } from '../../../src/lib/config/mesh-profile.ts'
import { describe as nameOf } from '../../../src/lib/kubernetes/objects.ts'
import { istioOperator } from '../../../src/lib/steps/istio/operator.ts'
import { parseWorkloads } from '../../../src/lib/tools/istioctl.ts'
import { settings } from '../../support/settings.ts'
import { ISTIO_VERSIONS, objectsFor } from '../support/manifests.ts'
import { parts } from '../support/parts.ts'

interface Manifest {
  readonly kind: string
  readonly metadata: { readonly name: string }
  readonly spec?: { readonly template: { readonly spec: { readonly containers: readonly Container[] } } }
  readonly data?: Readonly<Record<string, string>>
}
interface Container {
  readonly image: string
  readonly env?: readonly { readonly name: string; readonly value?: string }[]
}
interface Operator {
  readonly spec: { readonly values: Record<string, unknown> }
}

describe('upstream istioctl', () => {
  let istioctl: string
  let sources: string

  before(async function () {
    istioctl = await parts.istioctl.need(this)
    sources = await parts.istio.need(this)
  })

  const run = (args: readonly string[], input = '') => execa(istioctl, args, { input, reject: false })

  for (const istioVersion of ISTIO_VERSIONS) {
    it(`finds every manifest for Istio ${istioVersion} valid`, async () => {
      for (const object of objectsFor(istioVersion)) {
        const { exitCode, stdout, stderr } = await run(['validate', '-f', '-'], stringify(object))
        expect(exitCode, `${nameOf(object)}: ${stdout}${stderr}`).to.equal(0)
      }
    })

    it(`renders our IstioOperator for Istio ${istioVersion}, less what only Solo's knows`, async () => {
      const profile = meshProfile(istioVersion)
      const desired = settings({ istioVersion, license: 'secret' })
      const operator = structuredClone(istioOperator(desired, profile)) as Operator
      delete operator.spec.values.platforms
      delete operator.spec.values.license
      const { exitCode, stdout, stderr } = await run(['manifest', 'generate', '-f', '-'], stringify(operator))
      expect(exitCode, stderr).to.equal(0)
      const manifests = parseAllDocuments(stdout).map(document => document.toJS() as Manifest | null)
      const named = (kind: string, name: string) =>
        manifests.find(manifest => manifest?.kind === kind && manifest.metadata.name === name)
      const containerOf = (kind: string, name: string) => named(kind, name)?.spec?.template.spec.containers[0]

      for (const [kind, name] of [
        ['Deployment', 'istiod'],
        ['DaemonSet', 'ztunnel'],
        ['DaemonSet', 'istio-cni-node'],
      ] as const) {
        expect(containerOf(kind, name)?.image, name).to.match(/^registry\.example\/istio\//)
      }
      expect(containerOf('Deployment', 'istiod')?.env).to.deep.include.members([
        { name: 'PILOT_ENABLE_IP_AUTOALLOCATE', value: 'true' },
        { name: 'PILOT_ENABLE_ALPHA_GATEWAY_API', value: 'true' },
        { name: 'REQUIRE_3P_TOKEN', value: 'false' },
      ])
      expect(named('ConfigMap', 'istio')?.data?.mesh).to.contain('accessLogFile: /dev/stdout')
      expect(named('ConfigMap', 'istio-cni-config')?.data).to.include({ AMBIENT_DNS_CAPTURE: 'true' })
      if (profile.network !== undefined) {
        const network = { name: 'NETWORK', value: profile.network }
        expect(containerOf('DaemonSet', 'ztunnel')?.env).to.deep.include(network)
      }
    })
  }

  it('would find a wrong manifest and a wrong value invalid', async () => {
    const policy = {
      apiVersion: 'security.istio.io/v1',
      kind: 'AuthorizationPolicy',
      metadata: { name: 'a' },
      spec: { action: 'REFUSE' },
    }
    expect((await run(['validate', '-f', '-'], stringify(policy))).exitCode).not.to.equal(0)
    const operator = istioOperator(settings(), meshProfile('1.24.1'))
    const { stderr } = await run(['manifest', 'generate', '-f', '-'], stringify(operator))
    expect(stderr).to.contain('unknown field "platforms"')
  })

  it('has every flag that the program gives it', async () => {
    const commands = [
      ['version', '--remote=false'],
      ['install', '-y', '-f', '-', '--kubeconfig', '/none'],
      ['uninstall', '--purge', '-y', '--kubeconfig', '/none'],
      ['waypoint', 'apply', '-n', 'ecs', '--enroll-namespace', '--kubeconfig', '/none'],
      ['waypoint', 'delete', 'waypoint', '-n', 'ecs', '--kubeconfig', '/none'],
      ['ztunnel-config', 'workloads', '-o', 'json', '--kubeconfig', '/none'],
    ]
    for (const command of commands) {
      const { exitCode, stderr } = await run([...command, '--help'])
      expect(exitCode, `${command.join(' ')}: ${stderr}`).to.equal(0)
    }
  })

  it('prints workloads in the form that the program reads', async () => {
    const dump = join(sources, 'istioctl/pkg/writer/ztunnel/configdump/testdata/dump.json')
    const { stdout } = await run(['ztunnel-config', 'workloads', '--file', dump, '-o', 'json'])
    const workloads = parseWorkloads(stdout)
    const { workloads: dumped } = JSON.parse(await readFile(dump, 'utf8')) as { workloads: object }
    expect(workloads).to.have.length(Object.keys(dumped).length)
    for (const { name, namespace, serviceAccount, protocol } of workloads) {
      expect([name, namespace, serviceAccount]).not.to.include('')
      expect(protocol).to.be.oneOf(['HBONE', 'TCP'])
    }
    expect(workloads.map(({ protocol }) => protocol)).to.include.members(['HBONE', 'TCP'])
  })
})
