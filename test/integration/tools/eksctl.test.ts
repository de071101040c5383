import { expect } from 'chai'
import { execa } from 'execa'
import { parse, stringify } from 'yaml'
import { eksctlConfig } from '../../../src/lib/steps/cluster/config.ts'
import { settings } from '../../support/settings.ts'
import { Aws } from '../support/aws.ts'
import { parts } from '../support/parts.ts'
import { Sandbox } from '../support/sandbox.ts'

/** The real eksctl looks up zones, instance types and versions; the sandbox is its AWS. */
describe('the real eksctl and the sandbox', () => {
  let eksctl: string
  let sandbox: Sandbox
  let version: string

  before(async function () {
    eksctl = await parts.eksctl.need(this)
    const python = await parts.aws.need(this)
    sandbox = await Sandbox.start()
    const asked = ['eks', 'describe-cluster-versions', '--default-only', '--query', 'clusterVersions[0].clusterVersion']
    version = await new Aws(python, sandbox.env).text(asked)
  })

  after(() => sandbox?.stop())

  const run = (args: readonly string[], input = '') => execa(eksctl, args, { env: sandbox.env, input, reject: false })

  for (const istiodAccess of ['full', 'read-only'] as const) {
    it(`takes our configuration as it is meant, with istiod's access ${istiodAccess}`, async () => {
      const config = eksctlConfig(settings({ istiodAccess }), { version, roleName: 'istiod' }, 'aws')
      const args = ['create', 'cluster', '--dry-run', '--config-file', '-']
      const { exitCode, stdout, stderr } = await run(args, stringify(config))
      expect(exitCode, stderr).to.equal(0)
      expect(changed(config, parse(stdout), '')).to.deep.equal([])
    })
  }

  it('would refuse what it does not know', async () => {
    const config = { ...(eksctlConfig(settings(), { version, roleName: 'istiod' }, 'aws') as object), nodeGroup: [] }
    const { exitCode, stderr } = await run(['create', 'cluster', '--dry-run', '-f', '-'], stringify(config))
    expect(exitCode).not.to.equal(0)
    expect(stderr).to.contain('nodeGroup')
  })

  it('has every flag that the program gives it', async () => {
    const create = ['create', 'cluster', '--config-file', '-', '--write-kubeconfig=false']
    const remove = [
      'delete',
      'cluster',
      '--name',
      'a',
      '--region',
      'us-east-1',
      '--wait',
      '--disable-nodegroup-eviction',
    ]
    for (const command of [create, remove]) {
      const { exitCode, stderr } = await run([...command, '--help'])
      expect(exitCode, stderr).to.equal(0)
    }
  })
})

/** Where something that was asked for came back otherwise; what eksctl fills in itself does not count. */
function changed(asked: unknown, answered: unknown, path: string): readonly string[] {
  if (Array.isArray(asked)) {
    const items = Array.isArray(answered) ? answered : []
    const lost = items.length === asked.length ? [] : [`${path}: ${items.length} items instead of ${asked.length}`]
    return [...lost, ...asked.flatMap((item, index) => changed(item, items[index], `${path}[${index}]`))]
  }
  if (typeof asked === 'object' && asked !== null) {
    const members = (answered ?? {}) as Record<string, unknown>
    return Object.entries(asked).flatMap(([key, value]) => changed(value, members[key], `${path}.${key}`))
  }
  return asked === answered ? [] : [`${path}: ${JSON.stringify(answered)} instead of ${JSON.stringify(asked)}`]
}
