import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { type CliResult, cli } from '../support/cli.ts'

/** Each kind of trouble that a user can bring along: one clear message, the exit code of its class, nothing written. */
describe('what can be wrong on the way in', function () {
  this.timeout(60_000)
  let sandbox: Sandbox
  let directory: string
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
    sandbox = await startSandbox({ speed: 1000 })
    const { code, stderr } = await run(['up', '--until', 'gateway-api', '--yes'])
    expect(code, stderr).to.equal(0)
  })
  after(async () => {
    await sandbox.close()
    rmSync(directory, { recursive: true })
  })

  const run = (args: string[], env: Record<string, string> = {}): Promise<CliResult> =>
    cli(args, { env: { ...sandbox.environment, ...env } })

  /** An executable that prints a text and does nothing else. */
  const tool = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, `#!/bin/sh\necho '${text}'\n`)
    chmodSync(path, 0o755)
    return path
  }
  const file = (name: string, text: string): string => {
    const path = join(directory, name)
    writeFileSync(path, text)
    return path
  }

  interface Case {
    readonly name: string
    readonly args: () => string[]
    readonly env?: () => Record<string, string>
    readonly code: string
    readonly exit: number
    /** What the message, its reasons and its suggestions must say between them. */
    readonly says: readonly string[]
  }

  const table: readonly Case[] = [
    {
      name: 'no such EKS cluster for a step',
      args: () => ['ecs', 'deploy', '--cluster-name', 'nowhere'],
      code: 'INPUT_MISSING',
      exit: 3,
      says: ['nowhere', 'up --until ecs'],
    },
    {
      name: 'a policy before there is a mesh',
      args: () => ['policy', 'apply', 'eks-deny', '--cluster-name', 'nowhere'],
      code: 'INPUT_MISSING',
      exit: 3,
      says: ['nowhere', '\necs-ambient up --cluster-name nowhere'],
    },
    {
      name: 'a waypoint before there is a mesh',
      args: () => ['policy', 'waypoint', '--cluster-name', 'nowhere'],
      code: 'INPUT_MISSING',
      exit: 3,
      says: ['nowhere', '\necs-ambient up --cluster-name nowhere'],
    },
    {
      name: 'no such EKS cluster for a look',
      args: () => ['policy', 'list', '--cluster-name', 'nowhere'],
      code: 'CLUSTER_MISSING',
      exit: 3,
      says: ['nowhere', 'us-east-1', 'cluster create'],
    },
    {
      name: 'a Kubernetes version that there is not',
      args: () => ['cluster', 'create', '--cluster-name', 'other'],
      env: () => ({ EKS_VERSION: '1.99' }),
      code: 'EKS_VERSION_UNSUPPORTED',
      exit: 2,
      says: ['1.99', '1.35'],
    },
    {
      name: 'no eksctl',
      args: () => ['cluster', 'create', '--cluster-name', 'other', '--eksctl', join(directory, 'nowhere')],
      code: 'TOOL_NOT_FOUND',
      exit: 3,
      says: ['nowhere', 'eksctl'],
    },
    {
      name: 'no istioctl',
      args: () => ['istio', 'install', '--istioctl', join(directory, 'nowhere')],
      code: 'TOOL_NOT_FOUND',
      exit: 3,
      says: ['Solo.io', 'istio unpack'],
    },
    {
      name: "an istioctl that isn't Solo's",
      args: () => ['istio', 'install', '--istioctl', tool('upstream', 'client version: 1.24.1')],
      code: 'TOOL_VERSION',
      exit: 3,
      says: ['-solo', 'Solo.io'],
    },
    {
      name: 'an istioctl of another version',
      args: () => ['istio', 'install'],
      env: () => ({ ISTIO_VERSION: '1.27.0' }),
      code: 'TOOL_VERSION',
      exit: 3,
      says: ['1.24.1', '1.27.0'],
    },
    {
      name: 'no image registry for Istio',
      args: () => ['istio', 'install'],
      env: () => ({ HUB: '' }),
      code: 'INPUT_MISSING',
      exit: 3,
      says: ['HUB', 'Solo.io'],
    },
    {
      name: 'no image registry, before a quarter of an hour is spent on a cluster',
      args: () => ['up', '--yes', '--cluster-name', 'other'],
      env: () => ({ HUB: '' }),
      code: 'HUB_MISSING',
      exit: 3,
      says: ['HUB', 'Solo.io'],
    },
    {
      name: 'no istioctl, before a quarter of an hour is spent on a cluster',
      args: () => ['up', '--yes', '--cluster-name', 'other', '--istioctl', join(directory, 'nowhere')],
      code: 'TOOL_NOT_FOUND',
      exit: 3,
      says: ['istioctl', 'Solo.io'],
    },
    {
      name: 'the kubeconfig of another cluster',
      args: () => [
        'policy',
        'list',
        '--kubeconfig',
        file(
          'kubeconfig',
          JSON.stringify({
            apiVersion: 'v1',
            kind: 'Config',
            clusters: [{ name: 'x', cluster: { server: 'https://127.0.0.1:1' } }],
            users: [{ name: 'x', user: { token: 'x' } }],
            contexts: [{ name: 'x', context: { cluster: 'x', user: 'x' } }],
            'current-context': 'x',
          }),
        ),
      ],
      code: 'KUBE_CONTEXT_MISMATCH',
      exit: 3,
      says: ['ambient-ecs', '127.0.0.1:1'],
    },
    {
      name: 'an unknown policy',
      args: () => ['policy', 'apply', 'eks-dney'],
      code: 'POLICY_UNKNOWN',
      exit: 2,
      says: ['eks-dney', 'eks-deny'],
    },
    {
      name: 'an unknown suite',
      args: () => ['test', 'run', 'baselien'],
      code: 'UNKNOWN_SUITE',
      exit: 2,
      says: ['baselien', 'baseline'],
    },
    {
      name: 'a list with a quote that is never closed',
      args: () => ['test', 'run', file('list.txt', 'eks-echo.default:8080\r\n\r\n-H "x: y eks-echo.default:8080\r\n')],
      code: 'CURL_LINE_INVALID',
      exit: 2,
      says: ['list.txt, line 3'],
    },
    {
      name: 'a report where no directory can be made',
      args: () => ['report', '--html', '/proc/ecs-ambient/mesh.html'],
      code: 'REPORT_UNWRITABLE',
      exit: 2,
      says: ['/proc/ecs-ambient', '--html FILE'],
    },
    {
      name: 'an archive that is cut off',
      args: () => ['istio', 'unpack', file('istioctl-1.24.1-solo-linux-amd64.tar.gz', 'not an archive')],
      env: () => ({ OS: 'linux', ARCH: 'amd64' }),
      code: 'ARCHIVE_DAMAGED',
      exit: 2,
      says: ['istioctl-1.24.1-solo-linux-amd64.tar.gz'],
    },
    {
      name: 'a data directory that can not be made',
      args: () => ['istio', 'unpack', file('istioctl-1.24.1-solo-linux-amd64.tar.gz', 'x')],
      env: () => ({ OS: 'linux', ARCH: 'amd64', ECS_AMBIENT_DATA_DIR: '/dev/null/data' }),
      code: 'DATA_DIRECTORY_UNUSABLE',
      exit: 2,
      says: ['/dev/null/data', 'ECS_AMBIENT_DATA_DIR'],
    },
    {
      name: 'an archive for another platform',
      args: () => ['istio', 'unpack', file('istioctl-1.24.1-solo-darwin-arm64.tar.gz', 'x')],
      env: () => ({ OS: 'linux', ARCH: 'amd64' }),
      code: 'ARCHIVE_PLATFORM',
      exit: 2,
      says: ['darwin', 'linux'],
    },
  ]

  for (const { name, args, env, code, exit, says } of table) {
    it(`${name}: exit ${exit}`, async () => {
      const before = sandbox.calls.log.filter(({ writes }) => writes).length
      const result = await run([...args(), '--json'], env?.())
      const { ok, error } = result.json()
      expect({ ok, code: error.code, exit: result.code }, result.stderr).to.deep.equal({ ok: false, code, exit })
      const words = [error.message, ...error.why, ...error.suggestions].join('\n')
      for (const word of says) expect(words).to.include(word)
      expect(sandbox.calls.log.filter(({ writes }) => writes).slice(before)).to.deep.equal([])
    })
  }

  it('no credentials: exit 3, and what to do', async () => {
    const { code, json } = await cli(['iam', 'ensure', '--json'])
    expect(code).to.equal(3)
    expect(json().error.code).to.equal('CREDENTIALS_MISSING')
    expect(json().error.suggestions.join()).to.match(/aws (sso login|configure)/)
  })

  it('expired credentials: exit 3', async () => {
    sandbox.aws.credentialFault = () => 'expired'
    try {
      const { code, json } = await run(['iam', 'ensure', '--json'])
      expect(code).to.equal(3)
      expect(json().error.code).to.match(/EXPIRED/)
    } finally {
      sandbox.aws.credentialFault = () => undefined
    }
  })

  it("a role with our name that isn't ours and can't serve: exit 2, untouched, until --adopt", async () => {
    const trust = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { Service: 'ec2.amazonaws.com' }, Action: 'sts:AssumeRole' }],
    })
    await sandbox.aws.call('iam', 'CreateRole', {
      RoleName: 'eks-ecs-task-role',
      Path: '/ecs/ambient/',
      AssumeRolePolicyDocument: trust,
    })
    await new Promise(resolve => sandbox.clock.after(10_000, () => resolve(undefined)))
    const refused = await run(['iam', 'ensure', '--json'])
    expect(refused.code, refused.stdout).to.equal(2)
    expect(refused.json().error).to.include({ code: 'NOT_OURS' })
    expect(refused.json().error.suggestions.join()).to.include('--adopt')
    const { Role } = await sandbox.aws.call('iam', 'GetRole', { RoleName: 'eks-ecs-task-role' })
    expect(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')).to.equal(trust)
    const adopted = await run(['iam', 'ensure', '--adopt', '--json'])
    expect(adopted.code, adopted.stdout).to.equal(0)
    expect(adopted.json().result.steps[0].changes).to.deep.include({
      action: 'adopt',
      kind: 'iam-role',
      name: 'eks-ecs-task-role',
      id: 'arn:aws:iam::111122223333:role/ecs/ambient/eks-ecs-task-role',
    })
  })
})
