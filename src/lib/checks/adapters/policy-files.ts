import type { Settings } from '../../config/settings.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { policyOf } from '../../steps/policy-source.ts'
import type { PolicyControl } from '../state.ts'

/** A control that knows of policies from files, too, which of them stand. */
export function withPolicyFiles(
  control: PolicyControl,
  files: readonly string[],
  settings: Pick<Settings, 'ecsClusters'>,
  kubernetes: Pick<KubernetesReader, 'get'>,
): PolicyControl {
  const stands = async (file: string): Promise<boolean> => {
    const live = await Promise.all(policyOf(file, settings).objects.map(object => kubernetes.get(object)))
    return live.every(object => object !== undefined)
  }
  return {
    async current() {
      const [{ policies, waypoint }, standing] = await Promise.all([control.current(), Promise.all(files.map(stands))])
      return { policies: [...policies, ...files.filter((_, index) => standing[index])], waypoint }
    },
    apply: (policy, signal) => control.apply(policy, signal),
    remove: (policy, signal) => control.remove(policy, signal),
    waypoint: (on, signal) => control.waypoint(on, signal),
  }
}
