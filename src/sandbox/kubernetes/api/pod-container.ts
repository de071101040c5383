import { fieldsOf, type KubeObject, listOf, valueAt } from '../objects.ts'
import { badRequest } from '../status-error.ts'

const annotation = 'kubectl.kubernetes.io/default-container'

/**
 * The container that a request is about.
 *
 * @throws StatusError 400 where it doesn't exist, or one has to be named
 */
export function containerOf(pod: KubeObject, asked: string | null): string {
  const names = ['initContainers', 'containers', 'ephemeralContainers']
    .flatMap(list => listOf(valueAt(pod.spec, list)))
    .map(container => String(fieldsOf(container).name))
  const main = listOf(valueAt(pod.spec, 'containers')).map(container => String(fieldsOf(container).name))
  const name = asked ?? pod.metadata.annotations?.[annotation] ?? (main.length === 1 ? main[0] : undefined)
  if (name === undefined)
    throw badRequest(
      `a container name must be specified for pod ${pod.metadata.name}, choose one of: [${main.join(' ')}]`,
    )
  if (!names.includes(name)) throw badRequest(`container ${name} is not valid for pod ${pod.metadata.name}`)
  return name
}
