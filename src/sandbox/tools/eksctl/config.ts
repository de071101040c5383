import { parse } from 'yaml'
import { z } from 'zod'
import { ToolError } from '../tool.ts'

/** The part of eksctl's ClusterConfig that the simulation understands; like eksctl it refuses fields that it doesn't know. */
const names = z.record(z.string(), z.string())

const podIdentity = z.strictObject({
  namespace: z.string(),
  serviceAccountName: z.string(),
  roleName: z.string(),
  permissionPolicyARNs: z.array(z.string()).optional(),
  permissionPolicy: z.record(z.string(), z.unknown()).optional(),
  tags: names.optional(),
})

const nodeGroup = z.strictObject({
  name: z.string(),
  instanceType: z.string().default('m5.large'),
  desiredCapacity: z.int().positive().default(2),
  minSize: z.int().optional(),
  maxSize: z.int().optional(),
  privateNetworking: z.boolean().default(false),
  updateConfig: z
    .strictObject({ maxUnavailable: z.int().optional(), maxUnavailablePercentage: z.int().optional() })
    .optional(),
  tags: names.optional(),
  labels: names.optional(),
})

const addon = z.strictObject({
  name: z.string(),
  version: z.string().optional(),
  configurationValues: z.string().optional(),
  useDefaultPodIdentityAssociations: z.boolean().optional(),
})

const clusterConfig = z.strictObject({
  apiVersion: z.literal('eksctl.io/v1alpha5'),
  kind: z.literal('ClusterConfig'),
  metadata: z.strictObject({
    name: z.string().regex(/^[a-zA-Z][a-zA-Z0-9-]{0,99}$/, 'validation for the cluster name failed'),
    region: z.string(),
    version: z.string().optional(),
    tags: names.optional(),
  }),
  availabilityZones: z.array(z.string()).optional(),
  addons: z.array(addon).default([]),
  addonsConfig: z.record(z.string(), z.unknown()).optional(),
  iam: z
    .strictObject({ withOIDC: z.boolean().default(false), podIdentityAssociations: z.array(podIdentity).default([]) })
    .prefault({}),
  managedNodeGroups: z.array(nodeGroup).default([]),
  vpc: z
    .strictObject({ cidr: z.string().optional(), nat: z.strictObject({ gateway: z.string() }).optional() })
    .optional(),
})

export type ClusterConfig = z.infer<typeof clusterConfig>

/** @throws ToolError naming the field that is wrong */
export function parseConfig(text: string): ClusterConfig {
  let value: unknown
  try {
    value = parse(text)
  } catch (error) {
    throw new ToolError(
      `loading config file "-": error converting YAML to JSON: ${error instanceof Error ? error.message : error}`,
    )
  }
  const result = clusterConfig.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const where = issue?.path.join('.') || 'the configuration'
  throw new ToolError(`loading config file "-": ${where}: ${issue?.message ?? 'not valid'}`)
}
