import { globSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Command } from '@oclif/core'
import { expect } from 'chai'

const FOLDER = fileURLToPath(new URL('../../../src/commands', import.meta.url))

const DELETES = ['cluster delete', 'iam delete', 'ecs delete', 'apps delete']
const SINGLE_STEPS = [
  'cluster create',
  'gateway-api install',
  'istio install',
  'istio expose',
  'iam ensure',
  'ecs namespace',
  'ecs deploy',
  'ecs enroll',
  'apps deploy',
]
const POLICIES = ['policy apply', 'policy remove', 'policy waypoint']

/** Which commands have a flag: neither fewer nor more. */
const ON: Readonly<Record<string, readonly string[]>> = {
  'dry-run': ['up', 'cleanup', ...SINGLE_STEPS, 'istio unpack', 'ecs unenroll', ...POLICIES, 'test run', ...DELETES],
  yes: ['up', 'cleanup', ...DELETES],
  adopt: ['up', ...SINGLE_STEPS, 'policy apply'],
  open: ['up', 'ecs deploy'],
  // A tool is asked for the version of the mesh, too, where nobody says which it is.
  istioctl: [
    ...['up', 'cleanup', 'status', 'doctor', 'report', 'support-bundle', 'test run'],
    ...['istio install', 'istio expose', 'policy apply', 'policy waypoint'],
    ...['ecs namespace', 'ecs deploy', 'ecs enroll', 'ecs unenroll', 'ecs delete'],
  ],
  eksctl: ['up', 'cleanup', 'cluster create', 'cluster delete', 'doctor', 'support-bundle'],
  from: ['up'],
  until: ['up'],
  ...Object.fromEntries(
    ['all', 'as-is', 'expect', 'list', 'failed', 'junit', 'evidence'].map(flag => [flag, ['test run']]),
  ),
}

describe('the flags of the commands', () => {
  const commands = new Map<string, typeof Command>()
  before(async () => {
    for (const file of globSync('**/*.ts', { cwd: FOLDER })) {
      const { default: command } = await import(join(FOLDER, file))
      commands.set(file.replace(/\.ts$/, '').replaceAll(/[\\/]/g, ' '), command)
    }
  })

  for (const [flag, names] of Object.entries(ON)) {
    it(`--${flag} is on ${names.join(', ')}`, () => {
      const found = [...commands].filter(([, { flags = {} }]) => flag in flags).map(([name]) => name)
      expect(found).to.have.members(names)
    })
  }

  it('every command but a running sandbox and a credential has --json, and all that is global', () => {
    for (const [name, command] of commands) {
      const { baseFlags, enableJsonFlag } = command
      expect(Object.keys(baseFlags), name).to.include.members([
        'config',
        'region',
        'cluster-name',
        'ecs-cluster',
        'profile',
        'sandbox',
        'verbose',
        'no-color',
        'timeout',
      ])
      expect(enableJsonFlag, name).to.equal(!['sandbox start', 'cluster token'].includes(name))
    }
  })
})
