import { chmod, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KubeConfig } from '@kubernetes/client-node'
import { expect } from 'chai'
import { stringify } from 'yaml'
import { connectionFrom, connectionTo, kubeconfigOf, writeKubeconfig } from '../../../src/lib/kubernetes/kubeconfig.ts'

const endpoint = {
  clusterName: 'demo',
  region: 'eu-west-1',
  arn: 'arn:aws:eks:eu-west-1:111122223333:cluster/demo',
  server: 'https://ABC.gr7.eu-west-1.eks.amazonaws.com',
  certificateAuthority: Buffer.from('ca').toString('base64'),
}

describe('the private kubeconfig', () => {
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('has this program as its credential and holds no token', () => {
    const config = new KubeConfig()
    config.loadFromString(stringify(kubeconfigOf(endpoint, 'work')))
    expect(config.getCurrentCluster()).to.include({ server: endpoint.server, caData: endpoint.certificateAuthority })
    const { command, args, interactiveMode } = config.getCurrentUser()?.exec ?? {}
    expect(command).to.equal(process.execPath)
    expect(args[0]).to.match(/bin\/run\.js$/)
    expect(args.slice(1)).to.deep.equal([
      ...['cluster', 'token', '--cluster-name', 'demo', '--region', 'eu-west-1', '--profile', 'work'],
    ])
    expect(interactiveMode).to.equal('Never')
  })

  it('is for its owner alone, and written whole', async () => {
    const path = await writeKubeconfig(directory, endpoint)
    expect((await stat(path)).mode & 0o777).to.equal(0o600)
    expect(await readdir(join(directory, 'kubeconfigs'))).to.deep.equal(['111122223333.eu-west-1.demo.yaml'])
  })

  it('is written again where it differs, and kept where it does not', async () => {
    const path = await writeKubeconfig(directory, endpoint)
    const before = await stat(path)
    await writeKubeconfig(directory, endpoint)
    expect((await stat(path)).mtimeMs).to.equal(before.mtimeMs)
    await writeKubeconfig(directory, { ...endpoint, server: 'https://other' })
    expect(await readFile(path, 'utf8')).to.contain('https://other')
  })

  it('is closed again where somebody opened it', async () => {
    const path = await writeKubeconfig(directory, endpoint)
    await chmod(path, 0o644)
    await writeKubeconfig(directory, endpoint)
    expect((await stat(path)).mode & 0o777).to.equal(0o600)
  })

  describe('of the user', () => {
    const write = async (server: string, current = 'c') => {
      const path = join(directory, 'config')
      await writeFile(
        path,
        stringify({
          clusters: [{ name: 'k', cluster: { server } }],
          users: [{ name: 'u', user: { token: 't' } }],
          contexts: [{ name: 'c', context: { cluster: 'k', user: 'u' } }],
          'current-context': current,
        }),
      )
      return path
    }

    it('is taken when its current context is the cluster', async () => {
      const connection = connectionFrom(await write('https://abc.gr7.eu-west-1.eks.amazonaws.com/'), endpoint)
      expect(connection.getCurrentUser()?.token).to.equal('t')
    })

    for (const [what, server, context] of [
      ['another cluster', 'https://other.example', 'c'],
      ['no context', endpoint.server, 'nothing'],
      ['no address', 'nonsense', 'c'],
    ] as const) {
      it(`is refused with ${what}`, async () => {
        const path = await write(server, context)
        expect(() => connectionFrom(path, endpoint))
          .to.throw('is not EKS cluster demo')
          .with.include({
            code: 'KUBE_CONTEXT_MISMATCH',
            exit: 3,
          })
      })
    }

    it('is refused when it is missing or no kubeconfig', async () => {
      const missing = join(directory, 'nothing')
      expect(() => connectionFrom(missing, endpoint))
        .to.throw()
        .with.include({ code: 'KUBECONFIG_UNREADABLE', exit: 2 })
      const path = join(directory, 'text')
      await writeFile(path, 'just text')
      expect(() => connectionFrom(path, endpoint))
        .to.throw()
        .with.property('exit')
    })
  })

  it('asks for a token before each call', async () => {
    const tokens = ['t1', 't2']
    const connection = connectionTo(endpoint, async () => tokens.shift() ?? '')
    const first: { headers?: Record<string, string> } = {}
    const second: { headers?: Record<string, string> } = {}
    await connection.applyToHTTPSOptions(first)
    await connection.applyToHTTPSOptions(second)
    expect([first.headers?.Authorization, second.headers?.Authorization]).to.deep.equal(['Bearer t1', 'Bearer t2'])
  })
})
