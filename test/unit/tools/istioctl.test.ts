import { expect } from 'chai'
import { meshProfile } from '../../../src/lib/config/mesh-profile.ts'
import { addServiceArgs, checkVersion, parseWorkloads } from '../../../src/lib/tools/istioctl.ts'

describe('the version of istioctl', () => {
  const right: readonly [string, string | undefined, string][] = [
    ['client version: 1.24.1-solo', '1.24.1', '1.24.1'],
    ['client version: 1.24.1-solo', '1.24.1-solo', '1.24.1'],
    ['client version: 1.24.1-solo\n', undefined, '1.24.1'],
    ['1.26.3-solo', '1.26.3', '1.26.3'],
    ['client version: 1.24.1-patch0-solo', '1.24.1-patch0-solo', '1.24.1-patch0'],
    ['client version: 1.24.1-patch0-solo', '1.24.1-patch0', '1.24.1-patch0'],
    ['{"clientVersion":{"version":"1.28.0-solo","revision":"abc"}}', '1.28.0', '1.28.0'],
  ]
  for (const [text, wanted, version] of right) {
    it(`is ${version} in ${JSON.stringify(text)} for ${wanted ?? 'any'}`, () => {
      expect(checkVersion('/bin/istioctl', text, wanted)).to.equal(version)
    })
  }

  const wrong: readonly [string, string, string | undefined, string][] = [
    ['upstream', 'client version: 1.24.1', undefined, 'not Solo'],
    ['no version at all', 'hello', undefined, 'unknown'],
    ['another version', 'client version: 1.24.2-solo', '1.24.1', 'ISTIO_VERSION is 1.24.1'],
    ['a longer version', 'client version: 1.24.1-patch0-solo', '1.24.1', 'ISTIO_VERSION is 1.24.1'],
  ]
  for (const [what, text, wanted, words] of wrong) {
    it(`refuses ${what}`, () => {
      expect(() => checkVersion('/bin/istioctl', text, wanted))
        .to.throw(words)
        .with.include({ code: 'TOOL_VERSION', exit: 3 })
    })
  }
})

describe('istioctl ecs add-service', () => {
  const cluster = { name: 'ecs-demo', namespace: 'ecs', serviceAccount: 'demo' }
  const common = ['ecs', 'add-service', 'echo', '--cluster', 'ecs-demo', '--namespace', 'ecs']
  const cases: readonly [string, string | undefined, readonly string[]][] = [
    ['1.24.1', undefined, common],
    ['1.24.1', 'work', common],
    ['1.26.3', 'work', [...common, '--external']],
    ['1.28.0', undefined, [...common, '--external', '--service-account', 'demo']],
    ['1.28.0', 'work', [...common, '--external', '--service-account', 'demo', '--profile', 'work']],
  ]
  for (const [version, awsProfile, args] of cases) {
    it(`of ${version}${awsProfile ? ` with AWS profile ${awsProfile}` : ''}`, () => {
      expect(addServiceArgs('echo', cluster, meshProfile(version), awsProfile)).to.deep.equal(args)
    })
  }
})

describe('istioctl ztunnel-config workloads', () => {
  it('says by which protocol each address is known', () => {
    const text = JSON.stringify([
      { name: 'a', namespace: 'ecs', serviceAccount: 'default', protocol: 'HBONE', workloadIps: ['10.0.0.1'] },
      { workloadName: 'b' },
    ])
    expect(parseWorkloads(text)).to.deep.equal([
      { name: 'a', namespace: 'ecs', serviceAccount: 'default', protocol: 'HBONE', addresses: ['10.0.0.1'] },
      { name: 'b', namespace: '', serviceAccount: '', protocol: 'TCP', addresses: [] },
    ])
  })

  for (const text of ['NAMESPACE POD', '{}', '']) {
    it(`refuses ${JSON.stringify(text)}`, () => {
      expect(() => parseWorkloads(text))
        .to.throw()
        .with.include({ code: 'TOOL_OUTPUT' })
    })
  }
})
