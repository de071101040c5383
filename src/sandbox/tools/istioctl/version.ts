import type { Pod } from '../../kubernetes/workloads.ts'
import { SYSTEM } from '../../mesh/plane.ts'
import { ToolError } from '../tool.ts'
import { type Action, clusterOf, type Invoked, soloVersion } from './context.ts'

/** Versions of the client and, unless told otherwise, of what runs in the cluster. */
export const version: Action = async invoked => {
  const { run, parsed, options } = invoked
  const client = soloVersion(options)
  const remote = parsed.flags.get('remote') === 'false' ? undefined : await remoteVersions(invoked)
  if (parsed.flags.get('output') === 'json') {
    const clientVersion = {
      version: client,
      revision: 'sandbox',
      golang_version: 'go1.23.4',
      status: 'Clean',
      tag: client,
    }
    const meshVersion = remote?.control.map(({ version }) => ({ Component: 'pilot', Info: { version } }))
    run.out(`${JSON.stringify({ clientVersion, ...(meshVersion && { meshVersion }) }, undefined, 2)}\n`)
    return 0
  }
  if (remote?.control.length === 0) {
    run.out(`Istio is not present in the cluster: no running Istio pods in namespace "${SYSTEM}"\n`)
  }
  run.out(`client version: ${client}\n`)
  const [control] = remote?.control ?? []
  if (control)
    run.out(
      `control plane version: ${control.version}\ndata plane version: ${control.version} (${remote?.proxies} proxies)\n`,
    )
  return 0
}

interface Remote {
  readonly control: readonly { readonly version: string }[]
  readonly proxies: number
}

async function remoteVersions(invoked: Invoked): Promise<Remote | undefined> {
  try {
    const { store } = (await clusterOf(invoked)).cluster
    const istiods = store.list<Pod>('Pod', { namespace: SYSTEM, labels: 'app=istiod', fields: 'status.phase=Running' })
    return {
      control: istiods.map(({ spec }) => ({ version: /:([^:]+)$/.exec(spec.containers[0]?.image ?? '')?.[1] ?? '' })),
      proxies: store.list('Pod', { namespace: SYSTEM, labels: 'app=ztunnel' }).length,
    }
  } catch (error) {
    // The client's own version is worth telling without a cluster too.
    if (!(error instanceof ToolError)) throw error
    invoked.run.err(`unable to retrieve Pods: ${error.message}\n`)
    return undefined
  }
}
