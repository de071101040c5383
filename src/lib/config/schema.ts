import { arch, platform, userInfo } from 'node:os'
import { z } from 'zod'
import { regionProblem } from './regions.ts'

/**
 * The one schema of everything that can be configured, as it is written: by flag, by variable, in the file.
 * Defaults are the guide's. What a value means together with others is settled in load.ts.
 */

const name = (what: string, most: number) =>
  z
    .string()
    .max(most, `${what} has at most ${most} characters`)
    .regex(
      /^[A-Za-z0-9][A-Za-z0-9-]*$/,
      `${what} is made of letters, digits and hyphens, and begins with a letter or digit`,
    )

const kubernetesName = z
  .string()
  .max(63, 'a Kubernetes name has at most 63 characters')
  .regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/, 'a Kubernetes name is made of lower-case letters, digits and hyphens')

const region = z.string().superRefine((value, context) => {
  const problem = regionProblem(value)
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem })
})

const version = z
  .string()
  .regex(/^\d+\.\d+(\.\d+)?([-.][0-9A-Za-z.-]+)?$/, 'a version looks like 1.24.1, with or without -solo')
  .transform(value => value.replace(/-solo$/, ''))

const operatingSystem = z
  .enum(['linux', 'darwin', 'osx', 'windows', 'Windows_NT'], 'one of linux, darwin, windows')
  .transform(value => ({ osx: 'darwin', Windows_NT: 'windows' })[value as string] ?? value)

const architecture = z
  .enum(['amd64', 'arm64', 'armv7', 'x86_64', 'x64', 'aarch64'], 'one of amd64, arm64, armv7')
  .transform(value => ({ x86_64: 'amd64', x64: 'amd64', aarch64: 'arm64' })[value as string] ?? value)

/** `90`, `90s`, `10m` or `1h`, in milliseconds. */
export const duration = z
  .union([z.string(), z.number()])
  .transform(String)
  .pipe(z.string().regex(/^\d+(\.\d+)?(s|m|h)?$/, 'a time looks like 90 (seconds), 90s, 10m or 1h'))
  .transform(value => {
    const unit = { s: 1000, m: 60_000, h: 3_600_000 }[value.at(-1) ?? ''] ?? 1000
    return Number.parseFloat(value) * unit
  })

const flag = z.union([z.boolean(), z.stringbool({ error: 'true or false' })])

const serviceName = name('a service name', 255)
const service = z
  .union([
    serviceName.transform(value => ({ name: value, taskDefinition: value })),
    z.strictObject({ name: serviceName, taskDefinition: z.string().optional() }),
  ])
  .transform(given => ({ name: given.name, taskDefinition: given.taskDefinition ?? given.name }))

const ecsCluster = z.strictObject({
  name: name('an ECS cluster name', 255),
  namespace: kubernetesName.optional(),
  serviceAccount: kubernetesName.optional(),
  services: z.array(service).min(1).optional(),
})

export const schema = z.strictObject({
  region: region.default('us-east-1'),
  profile: z.string().min(1).optional(),
  ownerName: z
    .string()
    .min(1)
    .max(256)
    .regex(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u, 'a tag value has letters, digits, spaces and _ . : / = + - @')
    .default(() => userInfo().username),
  clusterName: name('an EKS cluster name', 100).default('ambient-ecs'),
  eksVersion: z
    .union([z.string(), z.number()])
    .transform(String)
    .pipe(z.string().regex(/^\d+\.\d+$/, 'a Kubernetes version looks like 1.33 (in YAML with quotes: "1.30")'))
    .optional(),
  numberNodes: z.coerce
    .number('a whole number')
    .int('a whole number')
    .min(1, 'at least 1')
    .max(100, 'at most 100')
    .default(2),
  nodeType: z
    .string()
    .regex(/^[a-z0-9-]+\.[a-z0-9-]+$/, 'an instance type looks like t2.medium')
    .default('t2.medium'),
  istioVersion: version.optional(),
  hub: z
    .string()
    .regex(/^[^\s/]+(\/[^\s]+)*$/, 'an image registry looks like registry.example/path, without https://')
    .refine(value => !value.includes('://'), 'an image registry looks like registry.example/path, without https://')
    .optional(),
  license: z.string().min(1).optional(),
  os: operatingSystem.default(() => ({ win32: 'windows' })[platform() as string] ?? platform()),
  arch: architecture.default(() => ({ x64: 'amd64', arm: 'armv7' })[arch() as string] ?? arch()),
  istioctl: z.string().min(1).optional(),
  eksctl: z.string().min(1).optional(),
  gatewayApi: z.string().min(1).optional(),
  ecsCluster: name('an ECS cluster name', 255).optional(),
  ecsNamespace: kubernetesName.optional(),
  ecsServiceAccount: kubernetesName.optional(),
  ecsClusters: z.array(ecsCluster).min(1).optional(),
  shellImage: z.string().min(1).default('curlimages/curl:8.11.1'),
  echoImage: z.string().min(1).default('gcr.io/istio-testing/app:1.24.2'),
  internetTarget: z
    .string()
    .regex(/^[A-Za-z0-9.-]+(:\d+)?$/, 'a host name, with a port if need be')
    .default('httpbin.org'),
  istiodAccess: z.enum(['full', 'read-only'], 'full or read-only').default('full'),
  publicGateway: flag.default(false),
  open: flag.default(false),
  adopt: flag.default(false),
  kubeconfig: z.string().min(1).optional(),
  timeout: duration.optional(),
})

export type Configured = z.output<typeof schema>
export type Key = keyof Configured

/** The environment variables that are read for a key, first one first: the guide's own names, then AWS's. */
export const VARIABLES: Partial<Record<Key, readonly string[]>> = {
  region: ['AWS_REGION', 'AWS_DEFAULT_REGION'],
  profile: ['AWS_PROFILE'],
  ownerName: ['OWNER_NAME'],
  eksVersion: ['EKS_VERSION'],
  clusterName: ['CLUSTER_NAME'],
  numberNodes: ['NUMBER_NODES'],
  nodeType: ['NODE_TYPE'],
  istioVersion: ['ISTIO_VERSION'],
  os: ['OS'],
  arch: ['ARCH'],
  hub: ['HUB'],
  license: ['GLOO_MESH_LICENSE_KEY'],
  ecsNamespace: ['ECS_NS'],
  ecsServiceAccount: ['ECS_SERVICE_ACCOUNT_NAME'],
  gatewayApi: ['GATEWAY_API_URL'],
  istioctl: ['ISTIOCTL'],
  eksctl: ['EKSCTL'],
}

/** Whose value must never be shown, not even where it is wrong. */
export const SECRETS: ReadonlySet<Key> = new Set(['license'])

/** Keys that belong on a command line or in the environment, never in a file that is shared. */
export const NOT_IN_FILE: ReadonlySet<Key> = new Set(['license', 'adopt'])
