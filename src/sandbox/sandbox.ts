import { randomBytes } from 'node:crypto'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { quote } from 'shlex'
import { Exit, Failure } from '../lib/engine/failure.ts'
import { AwsCloud, type AwsCloudOptions } from './aws/cloud.ts'
import { Calls } from './calls.ts'
import { SessionChannels, type SessionChannelsOptions } from './channel/server.ts'
import { SandboxClock } from './clock.ts'
import { Clusters } from './clusters.ts'
import { ALIVE_PATH, binDirectory, findSandbox, makeOwnDirectory, publish, withdraw } from './directory.ts'
import { ACCOUNT, sandboxEnvironment } from './environment.ts'
import { FrontDoors } from './front-doors.ts'
import { gatewayApiBundle } from './manifests/gateway-api.ts'
import { Mesh } from './mesh/mesh.ts'
import { Control } from './tools/control.ts'
import { eksctlTool } from './tools/eksctl/index.ts'
import { pluginExecutable, toolExecutable, writeExecutables } from './tools/executables.ts'
import { istioctlTool } from './tools/istioctl/index.ts'

export { findSandbox } from './directory.ts'

/** The Solo distribution of Istio that the sandbox plays, without `-solo`. */
const ISTIO_VERSION = '1.24.1'
const GATEWAY_API_PATH = '/gateway-api/standard-install.yaml'

export interface SandboxOptions {
  /** Where its files are, and where others find it. Default: a temporary one that nobody finds and that goes with it. */
  readonly dir?: string
  /** Of the simulated AWS; default: any free one. */
  readonly port?: number
  /** How many times as fast as real time its own time passes. */
  readonly speed?: number
  /** Of Istio, without `-solo`. */
  readonly version?: string
  readonly region?: string
  /** Milliseconds of its time that each AWS request takes. */
  readonly latency?: number
  /** Gets every answer of its AWS. */
  readonly record?: NonNullable<AwsCloudOptions['record']>
  /** How the other side of an ECS Exec session behaves. */
  readonly behaviour?: NonNullable<SessionChannelsOptions['behaviour']>
}

/** One embedded cloud. Everything in it is gone when it is closed. */
export interface Sandbox {
  readonly dir: string
  /** What points a process at it: AWS, kubeconfig, tools, Istio. */
  readonly environment: Readonly<Record<string, string>>
  readonly calls: Calls
  readonly clock: SandboxClock
  readonly aws: AwsCloud
  readonly kubernetes: Clusters
  readonly mesh: Mesh
  readonly channels: SessionChannels
  close(): Promise<void>
}

/**
 * @throws Failure (exit 2) `SANDBOX_RUNNING` where one runs in the directory, `SANDBOX_PORT` for a port that is none or that
 *   can't be had, `SANDBOX_DIRECTORY` for a directory that can't be used
 */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { speed = 100, version = ISTIO_VERSION, region = 'us-east-1', latency = 0, record, behaviour } = options
  const dir = resolve(options.dir ?? (await mkdtemp(join(tmpdir(), 'ecs-ambient-sandbox-'))))
  const port = portOf(options.port ?? 0)
  await makeOwnDirectory(dir).catch((cause: Error) => {
    throw unusable(dir, cause)
  })
  if (await findSandbox(dir)) throw alreadyRunning(dir)

  const clock = new SandboxClock(speed)
  const calls = new Calls()
  const aws = new AwsCloud({
    clock,
    calls,
    account: ACCOUNT,
    defaultRegion: region,
    latency,
    ...(record ? { record } : {}),
  })
  const mesh = new Mesh({ clock, cloud: aws })
  const channels = new SessionChannels({
    clock,
    run: (target, argv, streams) => mesh.runInTask(target, target.container, argv, streams),
    decrypt: async (region, ciphertext, context) => {
      const { Plaintext } = await aws.call(
        'kms',
        'Decrypt',
        { CiphertextBlob: ciphertext, EncryptionContext: context },
        region,
      )
      return Buffer.from(Plaintext ?? [])
    },
    ...(behaviour ? { behaviour } : {}),
  })
  aws.hooks.channel = channels
  const doors = new FrontDoors()
  aws.hooks.openPorts = (host, ports) => doors.open(host, ports)
  aws.hooks.unhealthy = (task, region) => mesh.unhealthy(task, region)

  const server = createServer(aws.handler)
  const awsUrl = await listen(server, port)
  channels.mount(server)

  const kubeconfig = join(dir, 'kubeconfig')
  const kubernetes = new Clusters({ clock, calls, aws, mesh, version, kubeconfig })
  aws.hooks.kubernetes = cluster => kubernetes.add(cluster)

  const identity = randomBytes(16).toString('hex')
  const token = randomBytes(24).toString('base64url')
  const control = new Control({
    calls,
    token,
    tools: {
      eksctl: eksctlTool({ cloud: aws, clusters: kubernetes, endpoint: awsUrl }),
      istioctl: istioctlTool({ cloud: aws, endpoint: awsUrl, clusters: kubernetes, mesh, version }),
    },
    files: {
      [ALIVE_PATH]: { type: 'text/plain', body: identity },
      [GATEWAY_API_PATH]: { type: 'application/yaml', body: gatewayApiBundle('v1.2.1') },
    },
  })
  const controlUrl = await control.listen()
  const bin = binDirectory(dir)
  const emptyFile = join(dir, 'empty')
  await Promise.all([
    writeExecutables(bin, [
      ...['eksctl', 'istioctl'].map(tool => toolExecutable(tool, { url: controlUrl, token })),
      pluginExecutable(),
    ]),
    writeFile(emptyFile, ''),
    kubernetes.writeKubeconfig(),
  ])
  const environment = sandboxEnvironment({
    dir,
    aws: awsUrl,
    region,
    bin,
    emptyFile,
    kubeconfig,
    istioVersion: version,
    gatewayApi: `${controlUrl}${GATEWAY_API_PATH}`,
  })
  await publish(dir, { pid: process.pid, control: controlUrl, identity, environment })

  const close = async () => {
    await withdraw(dir)
    clock.stop()
    channels.close()
    doors.close()
    server.closeAllConnections()
    await Promise.all([new Promise(resolve => server.close(resolve)), control.close(), kubernetes.close()])
    if (options.dir === undefined) await rm(dir, { recursive: true, force: true })
  }
  return { dir, environment, calls, clock, aws, kubernetes, mesh, channels, close }
}

async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause => reject(portTaken(port, cause)))
    server.listen(port, '127.0.0.1', resolve)
  })
  server.unref()
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const alreadyRunning = (dir: string) =>
  new Failure({
    code: 'SANDBOX_RUNNING',
    exit: Exit.usage,
    message: `A sandbox runs in ${dir} already.`,
    suggestions: [`Use it: ecs-ambient sandbox env --dir ${quote(dir)}`, 'Or start another one: --dir DIR'],
  })

/** 0: any free one. */
function portOf(port: number): number {
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port
  throw badPort(`${port} is no port.`, ['A port is a whole number from 0 to 65535; 0 takes any free one.'])
}

const WHY_NOT_LISTEN: Readonly<Record<string, string>> = {
  EADDRINUSE: 'Another process listens there.',
  EACCES: 'Ports below 1024 are for the administrator alone.',
}

const portTaken = (port: number, cause: NodeJS.ErrnoException) =>
  badPort(
    `The sandbox can't listen on port ${port}.`,
    [...(cause.code && WHY_NOT_LISTEN[cause.code] ? [WHY_NOT_LISTEN[cause.code] as string] : []), cause.message],
    cause,
  )

const badPort = (message: string, why: readonly string[], cause?: Error) =>
  new Failure({
    code: 'SANDBOX_PORT',
    exit: Exit.usage,
    message,
    why,
    suggestions: ['Choose another one, or leave --port out: any free one is taken then.'],
    cause,
  })

const unusable = (dir: string, cause: Error) =>
  new Failure({
    code: 'SANDBOX_DIRECTORY',
    exit: Exit.usage,
    message: `The sandbox can't use the directory ${dir}.`,
    why: [cause.message],
    suggestions: ['Give one that you may write to: --dir DIR'],
    cause,
  })
