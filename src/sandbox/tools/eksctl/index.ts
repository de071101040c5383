import type { AwsCloud } from '../../aws/cloud.ts'
import type { Region } from '../../aws/region.ts'
import type { Stack } from '../../aws/services/cloudformation/state.ts'
import { provision, provisionNodeGroups } from '../../aws/services/eks/eksctl/provision.ts'
import { clusterStack, type EksctlSpec } from '../../aws/services/eks/eksctl/spec.ts'
import { teardown } from '../../aws/services/eks/eksctl/teardown.ts'
import { VERSIONS } from '../../aws/services/eks/versions.ts'
import { removeWithGroup } from '../../aws/services/elb/lifecycle.ts'
import type { LoadBalancer } from '../../aws/services/elb/state.ts'
import { AwsError } from '../../aws/wire/error.ts'
import type { Clusters } from '../../clusters.ts'
import type { KubernetesCluster } from '../../kubernetes/server.ts'
import type { Service } from '../../kubernetes/workloads.ts'
import { requireAws } from '../caller.ts'
import { type Parsed, parseFlags } from '../flags.ts'
import { type SimulatedTool, stopIfGone, ToolError, type ToolRun } from '../tool.ts'
import { type ClusterConfig, parseConfig } from './config.ts'
import { type Log, logTo } from './log.ts'

export interface EksctlOptions {
  readonly cloud: AwsCloud
  readonly clusters: Clusters
  /** The sandbox's AWS; eksctl talks to no other. */
  readonly endpoint: string
}

const FLAGS = {
  'config-file': { value: true, short: 'f' },
  'write-kubeconfig': {},
  kubeconfig: { value: true },
  name: { value: true, short: 'n' },
  cluster: { value: true },
  region: { value: true, short: 'r' },
  wait: { short: 'w' },
  'disable-nodegroup-eviction': {},
  force: {},
  output: { value: true, short: 'o' },
  'dry-run': {},
  timeout: { value: true },
  verbose: { value: true, short: 'v' },
} as const

/** eksctl as far as the walkthrough uses it: clusters made and deleted by CloudFormation stacks, in eksctl's own words. */
export const eksctlTool = (options: EksctlOptions): SimulatedTool => ({
  describe: argv => {
    const operation = argv
      .filter(word => !word.startsWith('-'))
      .slice(0, 2)
      .join(' ')
    return { operation, writes: /^(create|delete)/.test(operation) }
  },
  run: async run => {
    const parsed = parseFlags(run.argv, FLAGS)
    const action = COMMANDS[parsed.words.slice(0, 2).join(' ')]
    if (!action) throw new ToolError(`unknown command "${parsed.words.join(' ')}" for "eksctl"`)
    return action(run, parsed, options)
  },
})

type Action = (run: ToolRun, parsed: Parsed, options: EksctlOptions) => Promise<number>

const EKSCTL_VERSION = '0.215.0'

const COMMANDS: Readonly<Record<string, Action>> = {
  version: async ({ out }, { flags }) => {
    out(flags.get('output') === 'json' ? `${JSON.stringify({ Version: EKSCTL_VERSION })}\n` : `${EKSCTL_VERSION}\n`)
    return 0
  },
  'get cluster': getClusters,
  'get clusters': getClusters,
  'create cluster': createCluster,
  'create nodegroup': createNodeGroups,
  'delete cluster': deleteCluster,
}

async function getClusters(run: ToolRun, { flags }: Parsed, { cloud, endpoint }: EksctlOptions): Promise<number> {
  const region = cloud.region(flags.get('region') ?? requireAws(run, endpoint).region)
  const clusters = [...region.eks.clusters.values()].filter(({ name }) => name === (flags.get('name') ?? name))
  if (flags.get('output') === 'json') {
    run.out(`${JSON.stringify(clusters.map(({ name }) => ({ Name: name, Region: region.name, Owned: 'True' })))}\n`)
    return 0
  }
  run.out('NAME\tREGION\tEKSCTL CREATED\n')
  for (const { name } of clusters) run.out(`${name}\t${region.name}\tTrue\n`)
  return 0
}

async function createCluster(run: ToolRun, { flags }: Parsed, { cloud, endpoint }: EksctlOptions): Promise<number> {
  if (flags.get('config-file') !== '-') {
    throw new ToolError('the sandbox reads its configuration from stdin: --config-file -')
  }
  const config = parseConfig(await run.stdin())
  requireAws(run, endpoint)
  const { name, region } = config.metadata
  const version = versionOf(config)
  const log = logTo(run, () => cloud.clock.now())
  log.info(`eksctl version ${EKSCTL_VERSION}`)
  log.info(`using region ${region}`)
  for (const group of config.managedNodeGroups) {
    log.info(`nodegroup "${group.name}" will use "" [AmazonLinux2023/${version}]`)
  }
  log.info(`using Kubernetes version ${version}`)
  log.info(`creating EKS cluster "${name}" in "${region}" region with managed nodes`)
  const creatorArn = `arn:aws:iam::${cloud.account}:user/sandbox`
  const failed = await refusalOf(
    `creating CloudFormation stack "${clusterStack(name)}": operation error CloudFormation: CreateStack`,
    () => provision(cloud.region(region), specOf(config, version, creatorArn), { tell: log.info, signal: run.signal }),
  )
  stopIfGone(run.signal)
  if (failed) {
    tellOf(failed, log)
    log.info(`to cleanup resources, run 'eksctl delete cluster --region=${region} --name=${name}'`)
    throw new ToolError(`failed to create cluster "${name}"`)
  }
  log.success(`EKS cluster "${name}" in "${region}" region is ready`)
  return 0
}

async function createNodeGroups(run: ToolRun, { flags }: Parsed, { cloud, endpoint }: EksctlOptions): Promise<number> {
  if (flags.get('config-file') !== '-') {
    throw new ToolError('the sandbox reads its configuration from stdin: --config-file -')
  }
  const config = parseConfig(await run.stdin())
  requireAws(run, endpoint)
  const { name, region } = config.metadata
  const log = logTo(run, () => cloud.clock.now())
  if (!cloud.region(region).eks.clusters.has(name)) throw new ToolError(`unable to describe cluster "${name}"`)
  const creatorArn = `arn:aws:iam::${cloud.account}:user/sandbox`
  const failed = await refusalOf('creating CloudFormation stack: operation error CloudFormation: CreateStack', () =>
    provisionNodeGroups(cloud.region(region), specOf(config, versionOf(config), creatorArn), {
      tell: log.info,
      signal: run.signal,
    }),
  )
  stopIfGone(run.signal)
  if (failed) {
    tellOf(failed, log)
    throw new ToolError(`failed to create nodegroups for cluster "${name}"`)
  }
  log.success(`created ${config.managedNodeGroups.length} managed nodegroup(s) in cluster "${name}"`)
  return 0
}

function specOf(
  { metadata, iam, addons, managedNodeGroups }: ClusterConfig,
  version: string,
  creatorArn: string,
): EksctlSpec {
  return {
    name: metadata.name,
    version,
    tags: new Map(Object.entries(metadata.tags ?? {})),
    withOidc: iam.withOIDC,
    addons: addons.map(({ name, version }) => ({ name, ...(version === undefined ? {} : { version }) })),
    podIdentities: iam.podIdentityAssociations.map(identity => ({
      namespace: identity.namespace,
      serviceAccount: identity.serviceAccountName,
      roleName: identity.roleName,
      policyArns: identity.permissionPolicyARNs ?? [],
      ...(identity.permissionPolicy === undefined ? {} : { inlinePolicy: identity.permissionPolicy }),
    })),
    nodeGroups: managedNodeGroups.map(({ name, instanceType, desiredCapacity, privateNetworking }) => ({
      name,
      instanceType,
      desired: desiredCapacity,
      privateNetworking,
    })),
    creatorArn,
  }
}

function versionOf({ metadata }: ClusterConfig): string {
  const supported = VERSIONS.filter(({ status }) => status !== 'UNSUPPORTED').map(({ version }) => version)
  const version = metadata.version ?? VERSIONS.find(({ isDefault }) => isDefault)?.version ?? ''
  if (supported.includes(version)) return version
  throw new ToolError(
    `invalid version, ${version} is not supported, supported values: ${supported.toReversed().join(', ')}`,
  )
}

async function deleteCluster(
  run: ToolRun,
  { flags }: Parsed,
  { cloud, clusters, endpoint }: EksctlOptions,
): Promise<number> {
  const caller = requireAws(run, endpoint)
  const name = flags.get('name') ?? flags.get('cluster')
  if (name === undefined) throw new ToolError('--name must be set')
  const log = logTo(run, () => cloud.clock.now())
  log.info(`deleting EKS cluster "${name}"`)
  const region = cloud.region(flags.get('region') ?? caller.region)
  await cleanUpBalancers(region, clusters.get(name, region.name), name, { log, force: flags.has('force') })
  const failed = await refusalOf(
    'fetching cluster status to determine if it can be deleted: unable to describe cluster control plane: operation error EKS: DescribeCluster',
    () => teardown(region, name, { tell: log.info, signal: run.signal, wait: flags.has('wait') }),
  )
  stopIfGone(run.signal)
  if (failed) {
    tellOf(failed, log)
    throw new ToolError(
      `waiting for CloudFormation stack "${failed.name}": ResourceNotReady: failed waiting for successful resource state`,
    )
  }
  log.success('all cluster resources were deleted')
  return 0
}

/** @throws ToolError where the API server is not where EKS says, and nobody wants to go on all the same */
async function cleanUpBalancers(
  region: Region,
  cluster: KubernetesCluster | undefined,
  name: string,
  { log, force }: { readonly log: Log; readonly force: boolean },
): Promise<void> {
  const endpoint = region.eks.clusters.get(name)?.endpoint
  log.info('cleaning up AWS load balancers created by Kubernetes objects of Kind Service or Ingress')
  if (cluster === undefined || endpoint === cluster.url) {
    await Promise.all(balancersOf(region, cluster, name).map(balancer => gone(region, balancer)))
    return
  }
  const unreachable = `cannot list Kubernetes Services: Get "${endpoint}/api/v1/services": context deadline exceeded`
  if (!force) throw new ToolError(unreachable)
  log.info(`error occurred during deletion: ${unreachable}`)
}

/** Load balancers of Services that still stand. One whose Service is gone already is nobody's, and stays. */
function balancersOf({ elb }: Region, cluster: KubernetesCluster | undefined, name: string): readonly string[] {
  const services = (cluster?.store.list<Service>('Service') ?? []).map(
    ({ metadata }) => `${metadata.namespace}/${metadata.name}`,
  )
  const isTheirs = ({ tags }: LoadBalancer) =>
    tags.has(`kubernetes.io/cluster/${name}`) && services.includes(tags.get('kubernetes.io/service-name') ?? '')
  return [...elb.loadBalancers.values()].filter(isTheirs).map(balancer => balancer.name)
}

const gone = (region: Region, balancer: string): Promise<void> =>
  new Promise(resolve => removeWithGroup(region, balancer, resolve))

/** @throws ToolError with AWS's refusal as the SDK for Go words it */
async function refusalOf<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    if (!(error instanceof AwsError)) throw error
    const { status = 400, code, message } = error
    throw new ToolError(`${doing}, https response error StatusCode: ${status}, ${code}: ${message}`)
  }
}

/** What CloudFormation says of a stack that failed. */
function tellOf({ events, status }: Stack, log: Log): void {
  for (const event of events.filter(one => one.status === status && one.type !== 'AWS::CloudFormation::Stack')) {
    log.failure(`${event.type}/${event.logicalId}: ${event.status} – "${event.reason ?? ''}"`)
  }
}
