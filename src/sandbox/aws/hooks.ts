import type { Region } from './region.ts'
import type { Task } from './services/ecs/state.ts'

/** What other parts of the sandbox do for the AWS services; set by whoever puts the parts together. */
export interface Hooks {
  /** Starts the Kubernetes API server of a new EKS cluster. */
  kubernetes?(cluster: { name: string; region: string; version: string }): Promise<KubernetesEndpoint>
  /** The server side of the session data channel. */
  channel?: SessionChannel
  /** Opens the ports of a load balancer; answers what shuts them. */
  openPorts?(host: string, ports: readonly number[]): () => void
  /** Why a task's containers run and yet never become healthy; undefined where they do. */
  unhealthy?(task: Task, region: Region): string | undefined
}

export interface KubernetesEndpoint {
  readonly endpoint: string
  /** PEM, base64-encoded, as DescribeCluster gives it. */
  readonly certificateAuthority: string
}

/** What a session is opened into. */
export interface SessionTarget {
  readonly region: string
  readonly cluster: string
  readonly taskArn: string
  readonly taskId: string
  readonly container: string
  readonly runtimeId: string
  readonly command: string
  readonly interactive: boolean
  /** Of the cluster's executeCommandConfiguration. */
  readonly kmsKeyId: string | undefined
}

export interface Session {
  readonly sessionId: string
  readonly streamUrl: string
  readonly tokenValue: string
}

export interface SessionChannel {
  open(target: SessionTarget): Session | Promise<Session>
  /** A new token for a session that is still there. */
  resume(sessionId: string): Session | undefined
  terminate(sessionId: string): void
}
