import type { Settings } from '../../config/settings.ts'
import type { KubernetesReader } from '../../kubernetes/client.ts'
import { policyOf } from '../../steps/policy-source.ts'
import type { PolicyControl } from '../state.ts'

/** Which of the policies from files stand. */
export async function standingFiles(
  files: readonly string[],
  settings: Pick<Settings, 'ecsClusters'>,
  kubernetes: Pick<KubernetesReader, 'get'>,
): Promise<readonly string[]> {
  const stand = await Promise.all(
    files.map(async file => {
      const live = await Promise.all(policyOf(file, settings).objects.map(object => kubernetes.get(object)))
      return live.every(object => object !== undefined)
    }),
  )
  return files.filter((_, index) => stand[index])
}

/** A control that knows of policies from files, too, which of them stand. */
export function withPolicyFiles(
  control: PolicyControl,
  files: readonly string[],
  settings: Pick<Settings, 'ecsClusters'>,
  kubernetes: Pick<KubernetesReader, 'get'>,
): PolicyControl {
  return {
    async current() {
      const [{ policies, waypoint }, standing] = await Promise.all([
        control.current(),
        standingFiles(files, settings, kubernetes),
      ])
      return { policies: [...policies, ...standing], waypoint }
    },
    apply: (policy, signal) => control.apply(policy, signal),
    remove: (policy, signal) => control.remove(policy, signal),
    waypoint: (on, signal) => control.waypoint(on, signal),
  }
}
