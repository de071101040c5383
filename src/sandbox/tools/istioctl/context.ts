import type { AwsCloud } from '../../aws/cloud.ts'
import type { Clusters, HeldCluster } from '../../clusters.ts'
import type { Mesh } from '../../mesh/mesh.ts'
import type { Parsed } from '../flags.ts'
import { connect } from '../kubeconfig.ts'
import { ToolError, type ToolRun } from '../tool.ts'

export interface IstioctlOptions {
  readonly cloud: AwsCloud
  /** The sandbox's AWS. */
  readonly endpoint: string
  readonly clusters: Clusters
  readonly mesh: Mesh
  /** Without `-solo`. */
  readonly version: string
}

export interface Invoked {
  readonly run: ToolRun
  readonly parsed: Parsed
  readonly options: IstioctlOptions
}

export type Action = (invoked: Invoked) => Promise<number>

/** The cluster that the kubeconfig leads to, once its API server has let the caller in. */
export async function clusterOf({ run, parsed: { flags }, options }: Invoked): Promise<HeldCluster> {
  const { server } = await connect(run, { kubeconfig: flags.get('kubeconfig'), context: flags.get('context') })
  const cluster = options.clusters.byUrl(server)
  if (!cluster) throw new ToolError(`${server} is not a cluster of the sandbox`)
  return cluster
}

export const soloVersion = ({ version }: Pick<IstioctlOptions, 'version'>): string => `${version}-solo`
