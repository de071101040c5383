import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { request } from 'node:https'
import { delimiter, join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { promisify } from 'node:util'
import { parse } from 'yaml'
import { listOf, valueAt } from '../kubernetes/objects.ts'
import { ToolError, type ToolRun } from './tool.ts'

export interface KubeTarget {
  /** URL of the API server. */
  readonly server: string
}

/**
 * Does what every Kubernetes client does first: finds the kubeconfig, runs its credential plugin, and asks the API server
 * whether the credential is any good.
 *
 * @throws ToolError in the words of client-go
 */
export async function connect(
  run: ToolRun,
  flags: { readonly kubeconfig: string | undefined; readonly context: string | undefined },
): Promise<KubeTarget> {
  const config = await load(run, flags.kubeconfig)
  const contextName = flags.context ?? valueAt(config, 'current-context')
  const context = named(config, 'contexts', contextName, 'context')
  const cluster = named(config, 'clusters', valueAt(context, 'cluster'), 'cluster')
  const server = valueAt(cluster, 'server')
  if (typeof server !== 'string') {
    throw new ToolError(
      flags.context === undefined
        ? 'invalid configuration: no configuration has been provided, try setting KUBERNETES_MASTER environment variable'
        : `context "${flags.context}" does not exist`,
    )
  }
  const user = named(config, 'users', valueAt(context, 'user'), 'user')
  const ca = Buffer.from(String(valueAt(cluster, 'certificate-authority-data') ?? ''), 'base64').toString('utf8')
  const status = await ask(server, ca, await tokenOf(user, run))
  if (status === 401) throw new ToolError('the server has asked for the client to provide credentials')
  if (status >= 400) throw new ToolError(`the server answered with status ${status}`)
  return { server }
}

async function load({ environment, directory }: ToolRun, given: string | undefined): Promise<unknown> {
  const home = join(environment.HOME ?? '/', '.kube', 'config')
  const candidates = given === undefined ? (environment.KUBECONFIG?.split(delimiter) ?? [home]) : [given]
  for (const candidate of candidates.filter(Boolean)) {
    const content = await readFile(resolve(directory, candidate), 'utf8').catch(() => undefined)
    if (content !== undefined) return parse(content)
    if (given !== undefined) throw new ToolError(`stat ${given}: no such file or directory`)
  }
  return {}
}

function named(config: unknown, list: string, name: unknown, field: string): unknown {
  const entry = listOf(valueAt(config, list)).find(item => valueAt(item, 'name') === name)
  return valueAt(entry, field)
}

async function tokenOf(user: unknown, run: ToolRun): Promise<string> {
  const token = valueAt(user, 'token')
  if (typeof token === 'string') return token
  const command = valueAt(user, 'exec', 'command')
  return typeof command === 'string' ? runPlugin(command, valueAt(user, 'exec'), run) : ''
}

async function runPlugin(command: string, exec: unknown, { environment, directory, signal }: ToolRun): Promise<string> {
  const args = listOf(valueAt(exec, 'args')).map(String)
  const more = listOf(valueAt(exec, 'env')).map(one => [String(valueAt(one, 'name')), String(valueAt(one, 'value'))])
  const env = { ...environment, ...Object.fromEntries(more) }
  try {
    const { stdout } = await promisify(execFile)(command, args, { env, cwd: directory, signal })
    const token = valueAt(JSON.parse(stdout), 'status', 'token')
    if (typeof token === 'string') return token
  } catch (error) {
    throw new ToolError(
      `getting credentials: exec: executable ${command} failed: ${error instanceof Error ? error.message : error}`,
    )
  }
  throw new ToolError("getting credentials: exec plugin didn't return a token or cert/key pair")
}

/** The status of a question that only somebody known may ask. */
async function ask(server: string, ca: string, token: string): Promise<number> {
  return new Promise((done, fail) => {
    const url = new URL('/api/v1/namespaces?limit=1', server)
    const call = request(
      url,
      { ca, headers: { authorization: `Bearer ${token}`, accept: 'application/json' } },
      response => {
        text(response).then(() => done(response.statusCode ?? 0), fail)
      },
    )
    call.once('error', error => fail(new ToolError(`Get "${url.origin}/version": ${error.message}`)))
    call.end()
  })
}
