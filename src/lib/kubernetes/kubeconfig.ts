import { randomUUID } from 'node:crypto'
import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { stringify } from 'yaml'
import { makeDataFolder } from '../config/data-directory.ts'
import { Exit, Failure } from '../engine/failure.ts'
import { Connection } from './transport.ts'

/** What is needed to reach the API server of an EKS cluster. */
export interface EksEndpoint {
  readonly clusterName: string
  readonly region: string
  readonly arn: string
  readonly server: string
  /** Base64 of the certificate authority, as DescribeCluster has it. */
  readonly certificateAuthority: string
}

const PROGRAM = fileURLToPath(new URL('../../../bin/run.js', import.meta.url))

/** A kubeconfig whose credential is this program: neither the `aws` command nor a stored token is needed. */
export function kubeconfigOf(endpoint: EksEndpoint, profile?: string): unknown {
  const { clusterName, region, arn, server, certificateAuthority } = endpoint
  const args = [PROGRAM, 'cluster', 'token', '--cluster-name', clusterName, '--region', region]
  const exec = {
    apiVersion: 'client.authentication.k8s.io/v1',
    command: process.execPath,
    args: profile === undefined ? args : [...args, '--profile', profile],
    interactiveMode: 'Never',
  }
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: arn, cluster: { server, 'certificate-authority-data': certificateAuthority } }],
    users: [{ name: arn, user: { exec } }],
    contexts: [{ name: arn, context: { cluster: arn, user: arn } }],
    'current-context': arn,
  }
}

/** Writes the private kubeconfig of a cluster, for its owner's eyes only; answers its path. */
export async function writeKubeconfig(directory: string, endpoint: EksEndpoint, profile?: string): Promise<string> {
  const account = endpoint.arn.split(':')[4] ?? ''
  const path = join(directory, 'kubeconfigs', `${account}.${endpoint.region}.${endpoint.clusterName}.yaml`)
  const text = stringify(kubeconfigOf(endpoint, profile))
  if ((await readFile(path, 'utf8').catch(() => undefined)) === text) {
    await chmod(path, 0o600)
    return path
  }
  await makeDataFolder(dirname(path), 0o700)
  const half = `${path}.${randomUUID()}`
  try {
    await writeFile(half, text, { mode: 0o600 })
    await rename(half, path)
  } finally {
    await rm(half, { force: true })
  }
  return path
}

/** A connection that signs its own tokens; `token` is asked before each call and may answer the same one again. */
export function connectionTo(endpoint: EksEndpoint, token: () => Promise<string>): Connection {
  const { arn, server, certificateAuthority } = endpoint
  const connection = new Connection()
  connection.addAuthenticator({
    isAuthProvider: user => user.name === arn,
    applyAuthentication: async (_user, options) => {
      options.headers = { ...options.headers, Authorization: `Bearer ${await token()}` }
    },
  })
  connection.loadFromOptions({
    clusters: [{ name: arn, server, caData: certificateAuthority, skipTLSVerify: false }],
    users: [{ name: arn }],
    contexts: [{ name: arn, cluster: arn, user: arn }],
    currentContext: arn,
  })
  return connection
}

/**
 * The kubeconfig that the user gave, if its current context is this cluster's.
 *
 * @throws Failure `KUBECONFIG_UNREADABLE` (exit 2), `KUBE_CONTEXT_MISMATCH` (exit 3)
 */
export function connectionFrom(path: string, endpoint: EksEndpoint): Connection {
  const connection = new Connection()
  try {
    connection.loadFromFile(path)
  } catch (cause) {
    throw new Failure({
      code: 'KUBECONFIG_UNREADABLE',
      exit: Exit.usage,
      message: `The kubeconfig ${path} can't be read.`,
      why: [cause instanceof Error ? cause.message : String(cause)],
      suggestions: ['Leave --kubeconfig out: the program keeps a kubeconfig of its own for each cluster.'],
      cause,
    })
  }
  const server = connection.getCurrentCluster()?.server
  if (server !== undefined && sameServer(server, endpoint.server)) return connection
  throw new Failure({
    code: 'KUBE_CONTEXT_MISMATCH',
    exit: Exit.missing,
    message: `The current context of ${path} is not EKS cluster ${endpoint.clusterName}.`,
    why: [
      `context ${connection.getCurrentContext() || '(none)'}: server ${server ?? '(none)'}`,
      `EKS cluster ${endpoint.clusterName} in ${endpoint.region}: server ${endpoint.server}`,
    ],
    suggestions: [
      'Leave --kubeconfig out: the program keeps a kubeconfig of its own for each cluster.',
      `kubectl config use-context …  with the context of ${endpoint.clusterName}`,
    ],
  })
}

function sameServer(a: string, b: string): boolean {
  if (!URL.canParse(a) || !URL.canParse(b)) return false
  return new URL(a).origin === new URL(b).origin
}
