import { existsSync } from 'node:fs'
import { mkdir, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { isFailure } from '../../src/lib/engine/failure.ts'
import { findSandbox } from '../../src/sandbox/directory.ts'
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts'
import { cli } from '../support/cli.ts'
import { runIn } from './support.ts'

describe('the sandbox', () => {
  let directory: string
  const open: Sandbox[] = []

  const start = async (options: SandboxOptions = {}): Promise<Sandbox> => {
    const sandbox = await startSandbox(options)
    open.push(sandbox)
    return sandbox
  }

  const refusal = async (promise: Promise<unknown>) => {
    const error = await promise.then(
      () => undefined,
      reason => reason,
    )
    return isFailure(error) ? { code: error.code, exit: error.exit } : error
  }

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-test-'))
  })
  afterEach(async () => {
    await Promise.all(open.splice(0).map(sandbox => sandbox.close()))
    await rm(directory, { recursive: true, force: true })
  })

  it('starts within a second', async () => {
    const began = Date.now()
    await start()
    expect(Date.now() - began).to.be.lessThan(1000)
  })

  it('points every kind of client at itself, with files for its owner alone', async () => {
    const { environment, dir } = await start({ dir: directory })
    expect(environment).to.include({
      AWS_REGION: 'us-east-1',
      AWS_DEFAULT_REGION: 'us-east-1',
      AWS_ACCESS_KEY_ID: 'AKIASANDBOX000000000',
      AWS_SECRET_ACCESS_KEY: 'sandbox',
      AWS_EC2_METADATA_DISABLED: 'true',
      KUBECONFIG: join(directory, 'kubeconfig'),
      ISTIOCTL: join(directory, 'bin', 'istioctl'),
      EKSCTL: join(directory, 'bin', 'eksctl'),
      ISTIO_VERSION: '1.24.1',
    })
    expect(environment.PATH?.startsWith(`${join(directory, 'bin')}:`)).to.equal(true)
    expect(environment.AWS_ENDPOINT_URL).to.match(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect(await readFile(environment.AWS_CONFIG_FILE ?? '', 'utf8')).to.equal('')
    expect(await readFile(environment.AWS_SHARED_CREDENTIALS_FILE ?? '', 'utf8')).to.equal('')
    const modes = await Promise.all(
      [dir, join(dir, 'sandbox.json'), join(dir, 'env.sh'), join(dir, 'bin', 'istioctl')].map(
        async path => (await stat(path)).mode & 0o077,
      ),
    )
    expect(modes).to.deep.equal([0, 0, 0, 0])
    const bundle = await (await fetch(environment.GATEWAY_API_URL ?? '')).text()
    expect(bundle).to.contain('gateway.networking.k8s.io/bundle-version: v1.2.1')
  })

  it('closes once clusters that are going have gone', async () => {
    const { kubernetes, aws, close } = await startSandbox({ dir: directory })
    await kubernetes.add({ name: 'going', region: 'us-east-1', version: '1.34' })
    await rm(join(directory, 'kubeconfig'))
    aws.events.emit('eks-cluster-deleted', 'going', 'us-east-1')
    await close()
    expect(await readFile(join(directory, 'kubeconfig'), 'utf8')).to.contain('clusters: []')
  })

  it('writes lines that any shell reads back', async () => {
    const { environment, dir } = await start({ dir: join(directory, "a dir with 'quotes' and $x") })
    const sandbox = { environment: { PATH: '/usr/bin:/bin' } } as unknown as Sandbox
    const ended = await runIn(sandbox, '/bin/sh', [
      '-c',
      `. "$1" && printf '%s|' "$KUBECONFIG" "$ISTIOCTL" "$PATH"`,
      'sh',
      join(dir, 'env.sh'),
    ])
    expect(ended.stdout).to.equal(
      `${environment.KUBECONFIG}|${environment.ISTIOCTL}|${join(dir, 'bin')}:/usr/bin:/bin|`,
    )
  })

  it('takes out of a shell what would lead past it', async () => {
    const { dir } = await start({ dir: directory })
    const left = `. "$1" && printf '%s' "$AWS_PROFILE$AWS_SESSION_TOKEN$AWS_IGNORE_CONFIGURED_ENDPOINT_URLS"`
    const environment = { AWS_PROFILE: 'prod', AWS_SESSION_TOKEN: 'x', AWS_IGNORE_CONFIGURED_ENDPOINT_URLS: 'true' }
    const sandbox = { environment } as unknown as Sandbox
    const ended = await runIn(sandbox, '/bin/sh', ['-c', left, 'sh', join(dir, 'env.sh')])
    expect(ended).to.include({ code: 0, stdout: '' })
  })

  it('is found in its directory while it runs, and only then', async () => {
    const sandbox = await start({ dir: directory })
    expect((await findSandbox(directory))?.environment).to.deep.equal(sandbox.environment)
    const stale = await readFile(join(directory, 'sandbox.json'), 'utf8')
    await sandbox.close()
    expect(await findSandbox(directory)).to.equal(undefined)
    await writeFile(join(directory, 'sandbox.json'), stale)
    expect(await findSandbox(directory)).to.equal(undefined)
    await writeFile(join(directory, 'sandbox.json'), '{ "half')
    expect(await findSandbox(directory)).to.equal(undefined)
    await start({ dir: directory })
    expect(await findSandbox(directory)).to.not.equal(undefined)
  })

  it('takes no other one for itself, whoever has got its port since', async () => {
    const { environment } = await start({ dir: directory })
    const published = JSON.parse(await readFile(join(directory, 'sandbox.json'), 'utf8'))
    const other = join(directory, 'other')
    await mkdir(other)
    await writeFile(join(other, 'sandbox.json'), JSON.stringify({ ...published, identity: 'another' }))
    expect(await findSandbox(other)).to.equal(undefined)
    expect((await findSandbox(directory))?.environment).to.deep.equal(environment)
  })

  it('refuses a directory in which one runs, and a port that is taken', async () => {
    await start({ dir: directory })
    expect(await refusal(startSandbox({ dir: directory }))).to.deep.equal({ code: 'SANDBOX_RUNNING', exit: 2 })
    const server = createServer().listen(0, '127.0.0.1')
    await new Promise(resolve => server.once('listening', resolve))
    const address = server.address()
    const port = typeof address === 'object' ? address?.port : undefined
    expect(await refusal(startSandbox({ port: port ?? 0 }))).to.deep.equal({ code: 'SANDBOX_PORT', exit: 2 })
    await new Promise(resolve => server.close(resolve))
  })

  it('leaves nothing behind', async () => {
    const sandbox = await startSandbox()
    expect(existsSync(sandbox.dir)).to.equal(true)
    await sandbox.close()
    expect(existsSync(sandbox.dir)).to.equal(false)
    const error = await fetch(sandbox.environment.AWS_ENDPOINT_URL ?? '').catch(reason => reason)
    expect(error.cause?.code).to.equal('ECONNREFUSED')
  })

  it('keeps a command in the sandbox, whatever the environment and ~/.aws say', async () => {
    await mkdir(join(directory, '.aws'))
    const profile = 'aws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = real\nregion = eu-west-1\n'
    await writeFile(join(directory, '.aws', 'credentials'), `[default]\n${profile}\n[production]\n${profile}`)
    await writeFile(
      join(directory, '.aws', 'config'),
      '[profile production]\nendpoint_url = https://sts.amazonaws.com\n',
    )
    const hostile = {
      HOME: directory,
      AWS_PROFILE: 'production',
      AWS_ACCESS_KEY_ID: 'AKIAREALREALREALREAL',
      AWS_SECRET_ACCESS_KEY: 'real',
      AWS_ENDPOINT_URL_IAM: 'https://iam.amazonaws.com',
      AWS_REGION: 'eu-west-1',
      KUBECONFIG: join(directory, 'production'),
      HTTPS_PROXY: 'http://proxy.invalid:3128',
      http_proxy: 'http://proxy.invalid:3128',
      ISTIOCTL: '/bin/false',
      EKSCTL: '/bin/false',
    }
    const result = await cli(['iam', 'ensure', '--sandbox', '--json'], { env: hostile })
    expect(result.code, result.stderr).to.equal(0)
    expect(JSON.stringify(result.json())).to.contain('arn:aws:iam::111122223333:role/ecs/ambient/eks-ecs-task-role')
  })

  it('runs in the foreground until it is interrupted', async () => {
    const dir = join(directory, 'sandbox')
    let first: Promise<void> | undefined
    const ended = cli(['sandbox', 'start', '--dir', dir, '--speed', '500'], {
      watch: child => {
        first = new Promise(resolve => child.stdout?.once('data', () => resolve()))
        void first.then(async () => {
          const env = await cli(['sandbox', 'env', '--dir', dir, '--json'])
          const { variables } = env.json().result
          await cli(['iam', 'ensure', '--json'], { env: variables })
          const again = await cli(['iam', 'ensure', '--json'], { env: variables })
          expect(again.json().result.steps[0].status).to.equal('unchanged')
          child.kill('SIGINT')
        })
      },
    })
    const { code, stdout } = await ended
    expect(code).to.equal(0)
    expect(stdout).to.match(/^The sandbox is ready.*env\.sh\n$/)
    const gone = await cli(['sandbox', 'env', '--dir', dir])
    expect(gone.code).to.equal(3)
  })
})
