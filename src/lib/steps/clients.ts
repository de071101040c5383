import { join } from 'node:path'
import { type Account, type AwsReaders, type AwsWriters, awsReaders, awsWriters, configOf } from '../aws/clients.ts'
import { dataDirectory } from '../config/data-directory.ts'
import type { Settings } from '../config/settings.ts'
import { Exit, Failure } from '../engine/failure.ts'
import { KubernetesReader, KubernetesWriter } from '../kubernetes/client.ts'
import { connectionFrom, connectionTo, type EksEndpoint, writeKubeconfig } from '../kubernetes/kubeconfig.ts'
import { type EksToken, eksToken } from '../kubernetes/token.ts'
import type { Connection } from '../kubernetes/transport.ts'
import { EKSCTL_SUGGESTIONS, Eksctl } from '../tools/eksctl.ts'
import { findTool } from '../tools/find.ts'
import { checkIstioctl, ISTIOCTL_SUGGESTIONS, IstioctlReader, IstioctlWriter } from '../tools/istioctl.ts'

/** What the planner of every step may use: by type nothing of it can write. */
export interface ReadClients {
  readonly aws: AwsReaders
  /** Undefined where there is no EKS cluster with an API server. */
  kubernetes(): Promise<KubernetesReader | undefined>
  /** The kubeconfig file of the cluster, written where it is not yet. @throws Failure `CLUSTER_MISSING` (exit 3) */
  kubeconfig(): Promise<string>
  readonly tools: ReadTools
}

export interface ReadTools {
  /** Solo's istioctl in the version that is wanted. @throws Failure `TOOL_NOT_FOUND`, `TOOL_VERSION` (exit 3) */
  istioctl(): Promise<IstioctlReader>
  /** The version of the istioctl that is there, without `-solo`; needs no cluster. */
  istioctlVersion(): Promise<string>
  /** @throws Failure `TOOL_NOT_FOUND` (exit 3) */
  eksctlVersion(): Promise<string>
}

export interface WriteClients extends ReadClients {
  readonly aws: AwsWriters
  kubernetes(): Promise<KubernetesWriter | undefined>
  readonly tools: WriteTools
}

export interface WriteTools extends ReadTools {
  istioctl(): Promise<IstioctlWriter>
  /** @throws Failure `TOOL_NOT_FOUND` (exit 3) */
  eksctl(): Promise<Eksctl>
}

/** `answerLimit`: milliseconds that one answer of AWS or Kubernetes may take, where not as long as usual. */
export const readClients = (settings: Settings, answerLimit?: number): ReadClients =>
  clientsOf(settings, awsReaders(accountOf(settings, answerLimit)), {
    kubernetes: connection => new KubernetesReader(connection, answerLimit),
    istioctl: IstioctlReader,
  })

export const writeClients = (settings: Settings, answerLimit?: number): WriteClients =>
  clientsOf(settings, awsWriters(accountOf(settings, answerLimit)), {
    kubernetes: connection => new KubernetesWriter(connection, answerLimit),
    istioctl: IstioctlWriter,
  })

const accountOf = (settings: Settings, answerLimit: number | undefined): Account =>
  answerLimit === undefined ? settings : { ...settings, answerLimit }

/** The Kubernetes client of what cannot go on without one. @throws Failure `CLUSTER_MISSING` (exit 3) */
export async function needKubernetes<K extends KubernetesReader>(
  clients: { kubernetes(): Promise<K | undefined> },
  settings: Pick<Settings, 'clusterName' | 'region'>,
): Promise<K> {
  const kubernetes = await clients.kubernetes()
  if (kubernetes === undefined) throw clusterMissing(settings)
  return kubernetes
}

export const clusterMissing = ({ clusterName, region }: Pick<Settings, 'clusterName' | 'region'>): Failure =>
  new Failure({
    code: 'CLUSTER_MISSING',
    exit: Exit.missing,
    message: `There is no EKS cluster ${clusterName} in ${region}.`,
    suggestions: ['ecs-ambient cluster create', 'Check CLUSTER_NAME and AWS_REGION.'],
  })

/** The bearer token for the EKS cluster's API server; what the kubeconfig's exec credential prints. */
export function clusterToken(settings: Settings): Promise<EksToken> {
  return tokenSource(settings, awsReaders(settings))()
}

function clientsOf<A extends AwsReaders, K extends KubernetesReader, I extends IstioctlReader>(
  settings: Settings,
  aws: A,
  make: {
    readonly kubernetes: (connection: Connection) => K
    readonly istioctl: new (options: ConstructorParameters<typeof IstioctlReader>[0]) => I
  },
) {
  const { clusterName } = settings
  // A cluster that is not there yet is looked for again; one that was found stays.
  const endpoint = onceDefined(async () => endpointOf(settings, await aws.eks.cluster(clusterName)))
  const kubernetes = onceDefined(async () => {
    const found = await endpoint()
    return found && make.kubernetes(connect(settings, found, tokenSource(settings, aws)))
  })
  const istioctlPath = onceDefined(async () => {
    const directory = join(dataDirectory(), 'bin')
    const query = { name: 'istioctl', given: settings.istioctl, directory, suggestions: ISTIOCTL_SUGGESTIONS }
    const path = await findTool(query)
    return { path, version: await checkIstioctl(path, settings.istioVersion) }
  })
  const kubeconfig = async () => kubeconfigFile(settings, await endpoint())
  const environment = awsEnvironment(settings)
  const eksctl = async () => {
    const directory = join(dataDirectory(), 'bin')
    const query = { name: 'eksctl', given: settings.eksctl, directory, suggestions: EKSCTL_SUGGESTIONS }
    return new Eksctl(await findTool(query), environment)
  }
  const tools = {
    istioctlVersion: async () => (await istioctlPath()).version,
    istioctl: onceDefined(async () => {
      const tool = await istioctlPath()
      return new make.istioctl({ ...tool, kubeconfig: await kubeconfig(), environment })
    }),
    eksctl,
    eksctlVersion: async () => (await eksctl()).version(),
  }
  return { aws, kubernetes, kubeconfig, tools }
}

interface DescribedCluster {
  readonly arn?: string | undefined
  readonly status?: string | undefined
  readonly endpoint?: string | undefined
  readonly certificateAuthority?: { readonly data?: string | undefined } | undefined
}

function endpointOf({ clusterName, region }: Settings, cluster: DescribedCluster | undefined): EksEndpoint | undefined {
  const { arn, status, endpoint: server, certificateAuthority } = cluster ?? {}
  // One that is on its way out may still have an address, but nobody answers there for long.
  if (!arn || !server || !certificateAuthority?.data || status === 'DELETING') return undefined
  return { clusterName, region, arn, server, certificateAuthority: certificateAuthority.data }
}

function connect(settings: Settings, endpoint: EksEndpoint, token: () => Promise<EksToken>): Connection {
  if (settings.kubeconfig !== undefined) return connectionFrom(settings.kubeconfig, endpoint)
  return connectionTo(endpoint, async () => (await token()).token)
}

/** Signs a new token once the last one is too old. */
function tokenSource({ region, profile, clusterName }: Settings, aws: AwsReaders): () => Promise<EksToken> {
  let token: Promise<EksToken> | undefined
  const sign = async () => {
    const { STSClient } = await import('@aws-sdk/client-sts')
    const account = { region, ...(profile === undefined ? {} : { profile }) }
    return eksToken(new STSClient({ ...configOf(account), credentials: () => aws.sts.credentials() }), clusterName)
  }
  return async () => {
    const last = await token?.catch(() => undefined)
    if (last && last.expires.getTime() > Date.now()) return last
    token = sign()
    return token
  }
}

/** The file that tools are given: ours, or the user's once its context is known to be this cluster's. */
async function kubeconfigFile(settings: Settings, endpoint: EksEndpoint | undefined): Promise<string> {
  if (endpoint === undefined) throw clusterMissing(settings)
  if (settings.kubeconfig === undefined) return writeKubeconfig(dataDirectory(), endpoint, settings.profile)
  connectionFrom(settings.kubeconfig, endpoint)
  return settings.kubeconfig
}

const awsEnvironment = ({ region, profile }: Settings): Readonly<Record<string, string>> => ({
  AWS_REGION: region,
  AWS_DEFAULT_REGION: region,
  ...(profile === undefined ? {} : { AWS_PROFILE: profile }),
})

/** Asks until there is an answer, and then keeps it; those who ask at the same time share one question. */
function onceDefined<T>(ask: () => Promise<T>): () => Promise<T> {
  let asked: Promise<T> | undefined
  return () => {
    asked ??= ask().then(
      answer => {
        if (answer === undefined) asked = undefined
        return answer
      },
      error => {
        asked = undefined
        throw error
      },
    )
    return asked
  }
}
