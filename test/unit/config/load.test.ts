import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { loadSettings, type Sources } from '../../../src/lib/config/load.ts'
import { Failure } from '../../../src/lib/engine/failure.ts'

describe('loadSettings', () => {
  let directory: string
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const load = (more: Partial<Sources> = {}) => loadSettings({ flags: {}, environment: {}, directory, ...more })
  const file = (text: string) => writeFileSync(join(directory, 'ecs-ambient.yaml'), text)
  const failure = (more: Partial<Sources> = {}): Failure => {
    try {
      load(more)
    } catch (error) {
      if (error instanceof Failure) return error
      throw error
    }
    throw new Error('no failure')
  }

  it("has the guide's values by default", () => {
    const settings = load()
    expect(settings).to.include({
      region: 'us-east-1',
      ownerName: userInfo().username,
      clusterName: 'ambient-ecs',
      numberNodes: 2,
      nodeType: 't2.medium',
      open: false,
    })
    expect(settings).not.to.have.any.keys('eksVersion', 'hub', 'license', 'istioVersion')
    expect(settings.ecsClusters).to.deep.equal([
      {
        name: 'ecs-ambient-ecs',
        namespace: 'ecs',
        serviceAccount: 'demo',
        services: [
          { name: 'shell-task', taskDefinition: 'shell-task' },
          { name: 'echo-service', taskDefinition: 'echo-service' },
        ],
      },
    ])
  })

  it('reads every variable of the guide under its own name', () => {
    const settings = load({
      environment: {
        AWS_REGION: 'eu-central-1',
        OWNER_NAME: 'someone',
        EKS_VERSION: '1.33',
        CLUSTER_NAME: 'mesh',
        NUMBER_NODES: '3',
        NODE_TYPE: 'm5.large',
        ISTIO_VERSION: '1.26.3-solo',
        OS: 'osx',
        ARCH: 'arm64',
        HUB: 'registry.example/istio',
        ECS_NS: 'tasks',
        ECS_SERVICE_ACCOUNT_NAME: 'worker',
        GLOO_MESH_LICENSE_KEY: 'key',
      },
    })
    expect(settings).to.include({
      region: 'eu-central-1',
      ownerName: 'someone',
      eksVersion: '1.33',
      clusterName: 'mesh',
      numberNodes: 3,
      nodeType: 'm5.large',
      istioVersion: '1.26.3',
      os: 'darwin',
      arch: 'arm64',
      hub: 'registry.example/istio',
      license: 'key',
    })
    expect(settings.ecsClusters[0]).to.include({ name: 'ecs-mesh', namespace: 'tasks', serviceAccount: 'worker' })
  })

  it("takes what depends on the Istio version from that version's profile", () => {
    const guide = load({ environment: { ISTIO_VERSION: '1.24.1' } })
    expect(guide.gatewayApi).to.include('/v1.2.1/')
    expect(guide.ecsClusters[0]?.namespace).to.equal('ecs')
    const newer = load({ environment: { ISTIO_VERSION: '1.28.2-solo', CLUSTER_NAME: 'mesh' } })
    expect(newer.gatewayApi).to.include('/v1.4.0/')
    expect(newer.ecsClusters[0]?.namespace).to.equal('ecs-mesh')
    expect(load({ environment: { ISTIO_VERSION: '1.28.2', ECS_NS: 'tasks' } }).ecsClusters[0]?.namespace).to.equal(
      'tasks',
    )
  })

  it('prefers flags to the environment, that to the file, that to defaults', () => {
    file('clusterName: from-file\nnumberNodes: 4\nnodeType: m5.large\n')
    const settings = load({
      flags: { clusterName: 'from-flag' },
      environment: { CLUSTER_NAME: 'x', NUMBER_NODES: '5' },
    })
    expect(settings).to.include({ clusterName: 'from-flag', numberNodes: 5, nodeType: 'm5.large', region: 'us-east-1' })
  })

  it('takes an empty variable for an unset one', () => {
    expect(load({ environment: { CLUSTER_NAME: '' } }).clusterName).to.equal('ambient-ecs')
  })

  it('finds the file upwards', () => {
    file('clusterName: above\n')
    const below = join(directory, 'a', 'b')
    mkdirSync(below, { recursive: true })
    expect(load({ directory: below }).clusterName).to.equal('above')
  })

  it('lets --ecs-cluster choose from the list', () => {
    file('ecsClusters:\n  - name: one\n  - name: two\n    namespace: second\n    services: [web]\n')
    expect(load().ecsClusters.map(({ name }) => name)).to.deep.equal(['one', 'two'])
    const [chosen, ...others] = load({ flags: { ecsCluster: 'two' } }).ecsClusters
    expect(others).to.deep.equal([])
    expect(chosen).to.deep.include({ namespace: 'second', services: [{ name: 'web', taskDefinition: 'web' }] })
    expect(load({ flags: { ecsCluster: 'three' } }).ecsClusters[0]?.name).to.equal('three')
  })

  for (const [given, ms] of [
    ['90', 90_000],
    ['90s', 90_000],
    ['10m', 600_000],
    ['1h', 3_600_000],
    [5, 5000],
  ] as const) {
    it(`reads the time ${given}`, () => expect(load({ flags: { timeout: given } }).timeout).to.equal(ms))
  }

  describe('bad values name the value, its origin and what is allowed', () => {
    const table: readonly [name: string, sources: () => Partial<Sources>, words: readonly string[]][] = [
      ['flag', () => ({ flags: { numberNodes: '0' } }), ['numberNodes', '"0"', '--number-nodes', 'at least 1']],
      ['number', () => ({ environment: { NUMBER_NODES: 'two' } }), ['numberNodes', 'NUMBER_NODES', 'a whole number']],
      ['variable', () => ({ environment: { EKS_VERSION: 'new' } }), ['eksVersion', '"new"', 'EKS_VERSION', '1.33']],
      ['region', () => ({ environment: { AWS_REGION: 'us-esat-1' } }), ['us-esat-1', 'AWS_REGION', 'us-east-1']],
      ['platform', () => ({ environment: { OS: 'beos' } }), ['os', 'OS', 'linux, darwin, windows']],
      ['hub', () => ({ environment: { HUB: 'https://x/y' } }), ['hub', 'HUB', 'without https://']],
      ['time', () => ({ flags: { timeout: 'soon' } }), ['timeout', '--timeout', '10m']],
      [
        'file',
        () => {
          file('region: us-east-1\n\nclusterName: "not ok"\n')
          return {}
        },
        ['clusterName', '"not ok"', 'ecs-ambient.yaml:3', 'letters, digits and hyphens'],
      ],
      [
        'inner value of the file',
        () => {
          file('ecsClusters:\n  - name: x\n    namespace: Not_Ok\n')
          return {}
        },
        ['ecsClusters.0.namespace', 'ecs-ambient.yaml:1', 'lower-case'],
      ],
    ]
    for (const [name, sources, words] of table) {
      it(name, () => {
        const { code, exit, why } = failure(sources())
        expect({ code, exit }).to.deep.equal({ code: 'CONFIG_INVALID', exit: 2 })
        for (const word of words) expect(why.join('\n')).to.include(word)
      })
    }
  })

  it('names every bad value at once', () => {
    expect(failure({ flags: { numberNodes: '0', nodeType: 'x' } }).why).to.have.length(2)
  })

  it('never shows a secret', () => {
    const error = failure({ environment: { GLOO_MESH_LICENSE_KEY: 'sesame', NUMBER_NODES: 'x' } })
    expect(JSON.stringify({ ...error, message: error.message })).not.to.include('sesame')
  })

  it('suggests the key that was meant', () => {
    file('regoin: us-east-1\n')
    const { code, exit, why } = failure()
    expect({ code, exit }).to.deep.equal({ code: 'CONFIG_UNKNOWN_KEY', exit: 2 })
    expect(why[0]).to.include('ecs-ambient.yaml:1').and.include('did you mean region?')
  })

  it('refuses a licence in the file and says where it belongs', () => {
    file('license: sesame\n')
    const { code, why } = failure()
    expect(code).to.equal('CONFIG_UNKNOWN_KEY')
    expect(why[0]).to.include('GLOO_MESH_LICENSE_KEY').and.not.include('sesame')
  })

  for (const text of ['region: [', '- a\n- b\n', 'region: a\nregion: b\n', '\tregion: x\n']) {
    it(`refuses what is not YAML of keys and values: ${JSON.stringify(text)}`, () => {
      file(text)
      const { code, exit, why } = failure()
      expect({ code, exit }).to.deep.equal({ code: 'CONFIG_NOT_YAML', exit: 2 })
      expect(why[0]).to.match(/^line \d+: /)
    })
  }

  it('accepts an empty file', () => {
    file('# nothing yet\n')
    expect(load().clusterName).to.equal('ambient-ecs')
  })

  it('refuses a named file that is not there', () => {
    const { code, exit } = failure({ file: 'nowhere.yaml' })
    expect({ code, exit }).to.deep.equal({ code: 'CONFIG_UNREADABLE', exit: 2 })
  })
})
