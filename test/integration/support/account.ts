import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CloudWatchLogs } from '@aws-sdk/client-cloudwatch-logs'
import { EC2 } from '@aws-sdk/client-ec2'
import { ECS } from '@aws-sdk/client-ecs'
import { EKS } from '@aws-sdk/client-eks'
import { IAM } from '@aws-sdk/client-iam'
import { type AwsCall, AwsProxy, type Reply } from './aws-proxy.ts'
import type { Endpoint } from './control-plane.ts'
import { Moto } from './moto.ts'
import { Program } from './program.ts'

const REGION = 'us-east-1'
export const CLUSTER = 'ambient-ecs'

/** Whether a call, such as `iam CreateRole`, changes something. */
export const isWrite = (call: string): boolean => !/ (Get|List|Describe)/.test(call)

/** What of an EKS cluster moto leaves to chance. */
interface Cluster {
  readonly vpcId: string
  readonly groupId: string
  readonly endpoint?: Endpoint
}

/** An AWS account at moto: the program reaches it through a proxy that remembers its calls, the test directly. */
export class Account {
  readonly iam: IAM
  readonly ec2: EC2
  readonly ecs: ECS
  readonly eks: EKS
  readonly logs: CloudWatchLogs
  readonly program: Program
  readonly #moto: Moto
  readonly #proxy: AwsProxy
  readonly #home: string
  #cluster: Cluster | undefined

  private constructor(moto: Moto, proxy: AwsProxy, home: string) {
    this.#moto = moto
    this.#proxy = proxy
    this.#home = home
    const client = { endpoint: moto.url, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } }
    this.iam = new IAM(client)
    this.ec2 = new EC2(client)
    this.ecs = new ECS(client)
    this.eks = new EKS(client)
    this.logs = new CloudWatchLogs(client)
    this.program = new Program({
      HOME: home,
      AWS_ENDPOINT_URL: proxy.url,
      AWS_REGION: REGION,
      AWS_ACCESS_KEY_ID: 'program',
      AWS_SECRET_ACCESS_KEY: 'program',
      CLUSTER_NAME: CLUSTER,
    })
    proxy.rewrite = (call, reply) => this.#rewrite(call, reply)
  }

  static async start(python: string): Promise<Account> {
    const moto = await Moto.start(python)
    return new Account(moto, await AwsProxy.start(moto.url), await mkdtemp(join(tmpdir(), 'account-')))
  }

  /** An EKS cluster with two private subnets; its API server is the given one. */
  async createCluster(endpoint?: Endpoint): Promise<{ readonly vpcId: string; readonly groupId: string }> {
    const { Vpc } = await this.ec2.createVpc({ CidrBlock: '192.168.0.0/16' })
    const vpcId = Vpc?.VpcId ?? ''
    const subnetIds = await Promise.all(
      ['a', 'b'].map(async (zone, index) => {
        const placed = { VpcId: vpcId, CidrBlock: `192.168.${index}.0/24`, AvailabilityZone: `${REGION}${zone}` }
        return (await this.ec2.createSubnet(placed)).Subnet?.SubnetId ?? ''
      }),
    )
    const group = { VpcId: vpcId, GroupName: `eks-cluster-sg-${CLUSTER}-1`, Description: 'of the EKS cluster' }
    const groupId = (await this.ec2.createSecurityGroup(group)).GroupId ?? ''
    const roleArn = 'arn:aws:iam::123456789012:role/eks'
    await this.eks.createCluster({ name: CLUSTER, roleArn, resourcesVpcConfig: { subnetIds } })
    this.#cluster = { vpcId, groupId, ...(endpoint ? { endpoint } : {}) }
    return { vpcId, groupId }
  }

  /** Which calls a command of the program made, as `iam CreateRole`. */
  async callsOf(command: () => Promise<unknown>): Promise<readonly string[]> {
    const since = this.#proxy.calls.length
    await command()
    return this.#proxy.calls.slice(since).map(({ service, operation }) => `${service} ${operation}`)
  }

  #rewrite({ operation, status }: AwsCall, { body }: Reply): Reply | undefined {
    const stand = STAND_INS[operation]
    if (stand) return stand
    if (operation !== 'DescribeCluster' || status !== 200 || this.#cluster === undefined) return undefined
    const { vpcId, groupId, endpoint } = this.#cluster
    const described = JSON.parse(body) as { cluster: Record<string, unknown> & { resourcesVpcConfig: object } }
    const { cluster } = described
    Object.assign(cluster.resourcesVpcConfig, { vpcId, clusterSecurityGroupId: groupId })
    if (endpoint) {
      cluster.endpoint = endpoint.server
      cluster.certificateAuthority = { data: Buffer.from(endpoint.ca).toString('base64') }
    }
    return { status, body: JSON.stringify(described) }
  }

  async stop(): Promise<void> {
    await this.#proxy.stop()
    await this.#moto.stop()
    await rm(this.#home, { recursive: true, force: true })
  }
}

/** What moto has not, answered as AWS does where there is nothing but a version to choose. */
const STAND_INS: Readonly<Record<string, Reply>> = {
  DescribeAddon: {
    status: 404,
    body: JSON.stringify({ __type: 'ResourceNotFoundException', message: 'No addon' }),
  },
  ListAddons: { status: 200, body: JSON.stringify({ addons: [] }) },
  DescribeClusterVersions: {
    status: 200,
    body: JSON.stringify({
      clusterVersions: [{ clusterVersion: '1.34', defaultVersion: true, versionStatus: 'STANDARD_SUPPORT' }],
    }),
  },
  ListPodIdentityAssociations: { status: 200, body: JSON.stringify({ associations: [] }) },
}
