import { readFile } from 'node:fs/promises'
import type { Settings } from '../config/settings.ts'
import { Exit, Failure, isFailure } from '../engine/failure.ts'
import type { StepContext } from '../engine/step.ts'
import { parseManifests, withOurLabel } from '../kubernetes/manifests.ts'
import type { CustomResourceDefinition, KubernetesObject } from '../kubernetes/objects.ts'
import type { ReadClients } from './clients.ts'

export const GROUP = 'gateway.networking.k8s.io'
/** Milliseconds. */
const DOWNLOAD_LIMIT = 30_000
const RETRY_LIMIT = 10_000

/**
 * The objects of a release, from its URL or a file.
 *
 * @throws Failure `GATEWAY_API_UNAVAILABLE` (exit 1 for a URL, 2 for a file); `GATEWAY_API_INVALID`, `MANIFEST_INVALID` (exit 2)
 */
export async function bundleFrom(
  source: string,
  retry: StepContext<Settings, ReadClients>['retry'],
): Promise<readonly KubernetesObject[]> {
  return parseBundle(await loadBundle(source, retry), source)
}

/** The codes of a release that can't be had. */
export const BUNDLE_CODES: ReadonlySet<string> = new Set([
  'GATEWAY_API_UNAVAILABLE',
  'GATEWAY_API_INVALID',
  'MANIFEST_INVALID',
])

async function loadBundle(source: string, retry: StepContext<Settings, ReadClients>['retry']): Promise<string> {
  const isUrl = /^https?:\/\//.test(source)
  try {
    if (!isUrl) return await readFile(source.startsWith('file:') ? new URL(source) : source, 'utf8')
    return await retry({
      what: `the Gateway API CRDs from ${source}`,
      limit: RETRY_LIMIT,
      attempt: () => download(source),
      transient: error => (error instanceof NotThere ? undefined : reasonOf(error)),
    })
  } catch (cause) {
    throw new Failure({
      code: 'GATEWAY_API_UNAVAILABLE',
      exit: isUrl ? Exit.failed : Exit.usage,
      message: `The Gateway API CRDs could not be read from ${source}.`,
      why: [reasonOf(isFailure(cause) ? cause.cause : cause)],
      suggestions: ['Name another URL, or a file that you downloaded, with GATEWAY_API_URL.'],
      cause,
    })
  }
}

/** Trying again would not help. */
class NotThere extends Error {}

async function download(source: string): Promise<string> {
  const response = await fetch(source, { signal: AbortSignal.timeout(DOWNLOAD_LIMIT) })
  if (response.ok) return response.text()
  const answer = `${response.status} ${response.statusText}`
  throw response.status >= 500 ? new Error(answer) : new NotThere(answer)
}

/** What fetch itself says is only "fetch failed". */
const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message
}

export function parseBundle(text: string, source: string): readonly KubernetesObject[] {
  const objects = parseManifests(text, source)
  const crds = objects.filter(({ kind }) => kind === 'CustomResourceDefinition')
  if (crds.some(crd => (crd as CustomResourceDefinition).spec?.group === GROUP)) {
    return objects.map(object => withOurLabel(withoutStatus(object)))
  }
  throw new Failure({
    code: 'GATEWAY_API_INVALID',
    exit: Exit.usage,
    message: `${source} holds no CRD of the Gateway API.`,
    suggestions: ['It should be the file standard-install.yaml of a release of kubernetes-sigs/gateway-api.'],
  })
}

/** Releases carry a status and empty fields that the server fills in itself. */
function withoutStatus({ status: _, metadata, ...rest }: KubernetesObject): KubernetesObject {
  const { creationTimestamp: __, ...kept } = metadata
  return { ...rest, metadata: kept }
}
