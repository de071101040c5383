import { existsSync, readFileSync } from 'node:fs'
import { closest } from '../config/closest.ts'
import type { Settings } from '../config/settings.ts'
import { Exit, Failure } from '../engine/failure.ts'
import { manifest, parseManifests, withOurLabel } from '../kubernetes/manifests.ts'
import type { KubernetesObject } from '../kubernetes/objects.ts'

/** A policy as it is asked for: one of the built-in ones by name, or what a file holds. */
export interface Policy {
  readonly name: string
  readonly objects: readonly KubernetesObject[]
  /** Namespaces whose services it reaches at their waypoint, which they need therefore. */
  readonly waypoints: readonly string[]
}

type Places = Pick<Settings, 'ecsClusters'>

export const ecsNamespaces = ({ ecsClusters }: Places): readonly string[] => [
  ...new Set(ecsClusters.map(({ namespace }) => namespace)),
]

const BUILT_IN: Readonly<Record<string, (namespaces: readonly string[]) => Omit<Policy, 'name'>>> = {
  'eks-deny': () => ({ objects: manifest('eks-deny'), waypoints: [] }),
  'ecs-deny': namespaces => ({
    objects: namespaces.flatMap(namespace => manifest('ecs-deny', { namespace })),
    waypoints: [],
  }),
  'post-only': namespaces => ({
    objects: namespaces.flatMap(namespace => manifest('post-only', { namespace, from: ['default', ...namespaces] })),
    waypoints: namespaces,
  }),
}

export const POLICY_NAMES: readonly string[] = Object.keys(BUILT_IN)

/** What a policy file may hold; cleanup looks for these, and so leaves none behind. */
export const POLICY_KINDS = ['AuthorizationPolicy', 'PeerAuthentication', 'RequestAuthentication'].map(kind => ({
  apiVersion: 'security.istio.io/v1',
  kind,
}))

/** @throws Failure `POLICY_UNKNOWN`, `POLICY_INVALID`, `MANIFEST_INVALID` (exit 2) */
export function policyOf(nameOrFile: string, places: Places): Policy {
  const builtIn = Object.hasOwn(BUILT_IN, nameOrFile) ? BUILT_IN[nameOrFile] : undefined
  if (builtIn) return { name: nameOrFile, ...builtIn(ecsNamespaces(places)) }
  if (!existsSync(nameOrFile)) throw unknown(nameOrFile)
  return { name: nameOrFile, objects: readPolicyFile(nameOrFile), waypoints: [] }
}

function readPolicyFile(path: string): readonly KubernetesObject[] {
  const objects = parseManifests(read(path), path)
  const other = objects.find(({ kind, apiVersion }) => !isPolicy(apiVersion, kind))
  if (other === undefined && objects.length > 0) return objects.map(object => withOurLabel(inNamespace(object)))
  throw new Failure({
    code: 'POLICY_INVALID',
    exit: Exit.usage,
    message: `${path} holds ${other ? `a ${other.kind} of ${other.apiVersion}` : 'nothing'}, which is no policy.`,
    suggestions: [`A policy is one of ${POLICY_KINDS.map(({ kind }) => kind).join(', ')} of security.istio.io.`],
  })
}

const isPolicy = (apiVersion: string, kind: string): boolean =>
  apiVersion.startsWith('security.istio.io/') && POLICY_KINDS.some(known => known.kind === kind)

/** As kubectl does where no namespace is named. */
const inNamespace = (object: KubernetesObject): KubernetesObject => ({
  ...object,
  metadata: { namespace: 'default', ...object.metadata },
})

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Failure({
      code: 'POLICY_INVALID',
      exit: Exit.usage,
      message: `${path} can't be read.`,
      why: [cause instanceof Error ? cause.message : String(cause)],
      cause,
    })
  }
}

function unknown(name: string): Failure {
  const meant = closest(name, POLICY_NAMES)
  return new Failure({
    code: 'POLICY_UNKNOWN',
    exit: Exit.usage,
    message: `There is no policy "${name}", and no file of that name.`,
    suggestions: [...(meant === undefined ? [] : [`Did you mean ${meant}?`]), `Policies: ${POLICY_NAMES.join(', ')}`],
  })
}
