import type { Watch } from './istioctl.ts'
import { runTool } from './run.ts'

export const EKSCTL_SUGGESTIONS = [
  'Install eksctl: https://docs.aws.amazon.com/eks/latest/eksctl/installation.html',
  'Or name one that you have: --eksctl PATH, or EKSCTL in the environment',
] as const

/** eksctl makes and deletes clusters; what they are like is read from AWS. */
export class Eksctl {
  readonly path: string
  readonly #environment: Readonly<Record<string, string>>

  constructor(path: string, environment: Readonly<Record<string, string>>) {
    this.path = path
    this.#environment = environment
  }

  /** Its version, as in `0.215.0`. */
  async version(watch: Watch = {}): Promise<string> {
    return (await this.#run(['version'], watch)).trim()
  }

  /** Creates what the configuration says. The user's kubeconfig stays as it is. */
  async createCluster(config: string, watch: Watch): Promise<void> {
    await this.#run(['create', 'cluster', '--config-file', '-', '--write-kubeconfig=false'], watch, config)
  }

  /** Creates the node groups of the configuration in a cluster that eksctl made. */
  async createNodegroup(config: string, watch: Watch): Promise<void> {
    await this.#run(['create', 'nodegroup', '--config-file', '-'], watch, config)
  }

  /**
   * Deletes the cluster and its stacks, and comes back once CloudFormation is done.
   *
   * @param force go on where the Kubernetes API, which eksctl asks first, does not answer
   */
  async deleteCluster(name: string, region: string, watch: Watch & { readonly force?: boolean }): Promise<void> {
    const args = ['delete', 'cluster', '--name', name, '--region', region, '--wait', '--disable-nodegroup-eviction']
    await this.#run(watch.force ? [...args, '--force'] : args, watch)
  }

  async #run(args: readonly string[], watch: Watch, input?: string): Promise<string> {
    return runTool({
      tool: 'eksctl',
      path: this.path,
      args,
      environment: this.#environment,
      ...watch,
      ...(input === undefined ? {} : { input }),
    })
  }
}
