import { expect } from 'chai'
import { meshProfile, meshProfileWarning } from '../../../src/lib/config/mesh-profile.ts'

describe('the mesh profile', () => {
  const versions: readonly [string | undefined, string, RegExp | undefined][] = [
    [undefined, 'guide', undefined],
    ['nonsense', 'guide', undefined],
    ['1.23.4', 'guide', /older/],
    ['1.24.1', 'guide', undefined],
    ['1.24.1-patch0-solo', 'guide', undefined],
    ['1.25.9', 'guide', undefined],
    ['1.26.0', '1.26', undefined],
    ['1.26.3-solo', '1.26', undefined],
    ['1.27.1', '1.26', undefined],
    ['1.28.0', '1.28', undefined],
    ['1.29.1', '1.28', undefined],
    ['1.30.0', '1.28', /newer/],
    ['2.0.0', '1.28', /newer/],
  ]
  for (const [version, name, warning] of versions) {
    it(`of ${version ?? 'no version'} is ${name}${warning ? ', with a warning' : ''}`, () => {
      expect(meshProfile(version).name).to.equal(name)
      if (warning) expect(meshProfileWarning(version)).to.match(warning)
      else expect(meshProfileWarning(version)).to.equal(undefined)
    })
  }

  const facts = (version: string) => {
    const profile = meshProfile(version)
    return {
      ecs: profile.ecsValues(['ecs-a']),
      host: profile.hostName('echo', 'ecs-a'),
      namespace: profile.namespace('ecs-a'),
      network: profile.network,
      licence: profile.licence,
      ports: profile.listeners.map(({ port }) => port),
      tag: profile.discoveryTag?.key,
      addService: profile.addService,
      roleAnnotation: profile.roleAnnotation,
    }
  }

  it('says what the guide says', () => {
    expect(facts('1.24.1')).to.deep.equal({
      ecs: { cluster: 'ecs-a' },
      host: 'echo.ecs.local',
      namespace: 'ecs',
      network: undefined,
      licence: false,
      ports: [15008],
      tag: undefined,
      addService: { external: false, serviceAccount: false, profile: false },
      roleAnnotation: 'without-path',
    })
  })

  it('says what came with 1.26', () => {
    expect(facts('1.26.3')).to.deep.equal({
      ...facts('1.24.1'),
      network: 'eks',
      licence: true,
      ports: [15008, 15012],
      addService: { external: true, serviceAccount: false, profile: false },
    })
  })

  it('says what came with 1.28', () => {
    expect(facts('1.28.0')).to.deep.equal({
      ...facts('1.26.3'),
      ecs: { accounts: [{ domain: 'ecs.local' }] },
      host: 'echo.ecs-a.ecs.local',
      namespace: 'ecs-a',
      tag: 'ecs.solo.io/discovery-enabled',
      addService: { external: true, serviceAccount: true, profile: true },
      roleAnnotation: 'whole',
    })
  })
})
