import type { MeshProfile } from '../config/mesh-profile.ts'
import type { EcsClusterSettings } from '../config/settings.ts'
import { Exit, Failure } from '../engine/failure.ts'
import { runTool } from './run.ts'

/** How a run of the tool is watched and stopped. */
export interface Watch {
  readonly signal?: AbortSignal
  onLine?(line: string): void
}

export interface IstioctlOptions {
  readonly path: string
  readonly version: string
  readonly kubeconfig: string
  /** AWS region and profile, for `istioctl ecs`. */
  readonly environment: Readonly<Record<string, string>>
}

/** One line of `ztunnel-config workloads`: HBONE proves that it is in the mesh. */
export interface MeshWorkload {
  readonly name: string
  readonly namespace: string
  readonly serviceAccount: string
  readonly protocol: string
  readonly addresses: readonly string[]
}

/** The part of istioctl that changes nothing. */
export class IstioctlReader {
  readonly path: string
  /** Without `-solo`. */
  readonly version: string
  readonly #kubeconfig: string
  protected readonly environment: Readonly<Record<string, string>>

  constructor({ path, version, kubeconfig, environment }: IstioctlOptions) {
    this.path = path
    this.version = version
    this.#kubeconfig = kubeconfig
    this.environment = environment
  }

  /** The workloads that the ztunnels of the cluster know. */
  async workloads(watch: Watch = {}): Promise<readonly MeshWorkload[]> {
    const { signal } = watch
    const text = await this.run(['ztunnel-config', 'workloads', '-o', 'json'], signal === undefined ? {} : { signal })
    return parseWorkloads(text)
  }

  protected run(
    args: readonly string[],
    { signal, onLine, input, secrets }: Watch & { readonly input?: string; readonly secrets?: readonly string[] },
  ): Promise<string> {
    return runTool({
      tool: 'istioctl',
      path: this.path,
      args: [...args, '--kubeconfig', this.#kubeconfig],
      environment: this.environment,
      ...(signal === undefined ? {} : { signal }),
      ...(onLine === undefined ? {} : { onLine }),
      ...(input === undefined ? {} : { input }),
      ...(secrets === undefined ? {} : { secrets }),
    })
  }
}

export class IstioctlWriter extends IstioctlReader {
  /** Installs or upgrades; the operator, licence included, goes in by stdin alone. */
  async install(operator: string, secrets: readonly string[], watch: Watch): Promise<void> {
    await this.run(['install', '-y', '-f', '-'], { ...watch, input: operator, secrets })
  }

  async uninstall(watch: Watch): Promise<void> {
    await this.run(['uninstall', '--purge', '-y'], watch)
  }

  async waypointApply(namespace: string, watch: Watch): Promise<void> {
    await this.run(['waypoint', 'apply', '-n', namespace, '--enroll-namespace'], watch)
  }

  /** Enrols an ECS service: a new revision of its task definition with a ztunnel, and the service pointed at it. */
  async addService(service: string, cluster: EcsClusterSettings, profile: MeshProfile, watch: Watch): Promise<void> {
    await this.run(addServiceArgs(service, cluster, profile, this.environment.AWS_PROFILE), watch)
  }
}

export function addServiceArgs(
  service: string,
  { name, namespace, serviceAccount }: Pick<EcsClusterSettings, 'name' | 'namespace' | 'serviceAccount'>,
  { addService }: Pick<MeshProfile, 'addService'>,
  awsProfile: string | undefined,
): readonly string[] {
  return [
    ...['ecs', 'add-service', service, '--cluster', name, '--namespace', namespace],
    ...(addService.external ? ['--external'] : []),
    ...(addService.serviceAccount ? ['--service-account', serviceAccount] : []),
    ...(addService.profile && awsProfile !== undefined ? ['--profile', awsProfile] : []),
  ]
}

/**
 * The version of an istioctl, without `-solo`, once it is the right one.
 *
 * @throws Failure `TOOL_VERSION` (exit 3) where it is not Solo's, or not the version that was asked for
 */
export async function checkIstioctl(path: string, wanted: string | undefined, signal?: AbortSignal): Promise<string> {
  const args = ['version', '--remote=false']
  const text = await runTool({ tool: 'istioctl', path, args, ...(signal === undefined ? {} : { signal }) })
  return checkVersion(path, text, wanted)
}

export function checkVersion(path: string, text: string, wanted: string | undefined): string {
  const found = /\d+\.\d+[^\s"',]*/.exec(text)?.[0]
  if (found === undefined || !found.includes('-solo')) {
    throw new Failure({
      code: 'TOOL_VERSION',
      exit: Exit.missing,
      message: `${path} is not Solo's istioctl: its version is ${found ?? 'unknown'}, without -solo.`,
      why: ['Only the Solo distribution has the command `istioctl ecs`.'],
      suggestions: ISTIOCTL_SUGGESTIONS,
    })
  }
  const version = withoutSolo(found)
  if (wanted === undefined || withoutSolo(wanted) === version) return version
  throw new Failure({
    code: 'TOOL_VERSION',
    exit: Exit.missing,
    message: `${path} is version ${found}, but ISTIO_VERSION is ${wanted}.`,
    suggestions: [`export ISTIO_VERSION=${version}`, ...ISTIOCTL_SUGGESTIONS],
  })
}

export const withoutSolo = (version: string): string => version.replace(/-solo\b/, '')

export const ISTIOCTL_SUGGESTIONS = [
  'Ask Solo.io for the istioctl archive of your platform, then: ecs-ambient istio unpack ARCHIVE',
  'Or name one that you have: --istioctl PATH, or ISTIOCTL in the environment',
] as const

interface RawWorkload {
  readonly name?: string
  readonly workloadName?: string
  readonly namespace?: string
  readonly serviceAccount?: string
  readonly protocol?: string
  readonly workloadIps?: readonly string[]
}

/** @throws Failure `TOOL_OUTPUT` where it is not the list that istioctl documents */
export function parseWorkloads(text: string): readonly MeshWorkload[] {
  let list: unknown
  try {
    list = JSON.parse(text)
  } catch (cause) {
    throw unreadable(cause)
  }
  if (!Array.isArray(list)) throw unreadable('not a list')
  return list.map((raw: RawWorkload) => ({
    name: raw.name ?? raw.workloadName ?? '',
    namespace: raw.namespace ?? '',
    serviceAccount: raw.serviceAccount ?? '',
    protocol: raw.protocol ?? 'TCP',
    addresses: raw.workloadIps ?? [],
  }))
}

const unreadable = (cause: unknown) =>
  new Failure({
    code: 'TOOL_OUTPUT',
    message: 'The output of istioctl ztunnel-config workloads could not be read.',
    cause,
  })
