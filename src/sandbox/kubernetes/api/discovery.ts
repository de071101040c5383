import { apiVersionOf, type Fields } from '../objects.ts'
import type { Kind, Kinds, KindVersion } from '../store/kinds.ts'
import { type ApiRequest, ok, type Reply } from './request.ts'

const objectVerbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch']
/** What can be done with a subresource; `kind` and `group` where that isn't the object's own. */
const subresources: Readonly<Record<string, { verbs: string[]; kind?: string; group?: string; version?: string }>> = {
  status: { verbs: ['get', 'patch', 'update'] },
  scale: { verbs: ['get', 'patch', 'update'], kind: 'Scale', group: 'autoscaling', version: 'v1' },
  finalize: { verbs: ['update'] },
  log: { verbs: ['get'] },
  exec: { verbs: ['create', 'get'], kind: 'PodExecOptions' },
  eviction: { verbs: ['create'], kind: 'Eviction', group: 'policy', version: 'v1' },
  ephemeralcontainers: { verbs: ['get', 'patch', 'update'] },
  token: { verbs: ['create'], kind: 'TokenRequest', group: 'authentication.k8s.io', version: 'v1' },
}

/** Kinds that can only be created, and are answered rather than kept. */
export const reviews: readonly { group: string; kind: string; plural: string; namespaced: boolean }[] = [
  { group: 'authentication.k8s.io', kind: 'TokenReview', plural: 'tokenreviews', namespaced: false },
  { group: 'authentication.k8s.io', kind: 'SelfSubjectReview', plural: 'selfsubjectreviews', namespaced: false },
  {
    group: 'authorization.k8s.io',
    kind: 'SelfSubjectAccessReview',
    plural: 'selfsubjectaccessreviews',
    namespaced: false,
  },
  { group: 'authorization.k8s.io', kind: 'SubjectAccessReview', plural: 'subjectaccessreviews', namespaced: false },
]

interface ServedVersion {
  readonly kind: Kind
  readonly version: KindVersion
}

/** Everything that clients learn of the API before they use it. */
export class Discovery {
  readonly #kinds: Kinds

  constructor(kinds: Kinds) {
    this.#kinds = kinds
  }

  /** Whether the group and version of a path are served at all. */
  serves(path: string): boolean {
    const [root, ...parts] = path.split('/').filter(Boolean)
    const [group = '', version] = root === 'api' ? ['', ...parts] : parts
    if (version === undefined) return group === '' || this.#groups().includes(group)
    return (group === '' || this.#groups().includes(group)) && this.#versions(group).includes(version)
  }

  /** Answers a discovery path, or undefined where it is none. */
  answer({ path, headers }: ApiRequest): Reply | undefined {
    const parts = path.split('/').filter(Boolean)
    const [root, group = '', version] = parts
    if (root !== 'api' && root !== 'apis') return undefined
    if (parts.length === 1) {
      if (/as=APIGroupDiscoveryList/.test(String(headers.accept ?? ''))) return this.#aggregated(root)
      return ok(
        root === 'api'
          ? coreVersions
          : { kind: 'APIGroupList', apiVersion: 'v1', groups: this.#groups().map(name => this.#group(name)) },
      )
    }
    if (root === 'api' && parts.length === 2) return ok(this.#resources('', group))
    if (root === 'apis' && parts.length === 2) return ok({ kind: 'APIGroup', apiVersion: 'v1', ...this.#group(group) })
    return root === 'apis' && parts.length === 3 ? ok(this.#resources(group, version ?? '')) : undefined
  }

  #groups(): string[] {
    return [...new Set([...this.#kinds.all().map(kind => kind.group), ...reviews.map(review => review.group)])].filter(
      Boolean,
    )
  }

  /** Versions of a group, the preferred one first. */
  #versions(group: string): string[] {
    const kinds = this.#kinds.all().filter(kind => kind.group === group)
    const names = new Set(kinds.flatMap(kind => kind.versions.map(version => version.name)))
    if (names.size === 0) return ['v1']
    return [...names].sort(byStability)
  }

  #group(name: string): Fields {
    const versions = this.#versions(name).map(version => ({ groupVersion: apiVersionOf(name, version), version }))
    return { name, versions, preferredVersion: versions[0] }
  }

  #served(group: string, versionName: string): ServedVersion[] {
    return this.#kinds
      .all()
      .filter(kind => kind.group === group)
      .flatMap(kind =>
        kind.versions.filter(version => version.name === versionName).map(version => ({ kind, version })),
      )
  }

  #resources(group: string, versionName: string): Fields {
    const served = this.#served(group, versionName)
    const reviewed = versionName === 'v1' ? reviews.filter(review => review.group === group) : []
    const resources = served.flatMap(({ kind, version }) => [
      {
        name: kind.plural,
        singularName: kind.singular,
        namespaced: kind.namespaced,
        kind: kind.kind,
        verbs: objectVerbs,
        ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
        ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      },
      ...version.subresources.map(name => {
        const { verbs = [], kind: answered, group: inGroup, version: inVersion } = subresources[name] ?? {}
        return {
          name: `${kind.plural}/${name}`,
          singularName: '',
          namespaced: kind.namespaced,
          ...(inGroup === undefined ? {} : { group: inGroup, version: inVersion }),
          kind: answered ?? kind.kind,
          verbs,
        }
      }),
    ])
    const created = reviewed.map(({ plural, kind, namespaced }) => ({
      name: plural,
      singularName: kind.toLowerCase(),
      namespaced,
      kind,
      verbs: ['create'],
    }))
    return {
      kind: 'APIResourceList',
      apiVersion: 'v1',
      groupVersion: apiVersionOf(group, versionName),
      resources: [...resources, ...created],
    }
  }

  #aggregated(root: 'api' | 'apis'): Reply {
    const groups = root === 'api' ? [''] : this.#groups()
    const body = {
      kind: 'APIGroupDiscoveryList',
      apiVersion: 'apidiscovery.k8s.io/v2',
      metadata: {},
      items: groups.map(group => ({
        metadata: { ...(group === '' ? {} : { name: group }), creationTimestamp: null },
        versions: this.#versions(group).map(version => ({
          version,
          resources: this.#aggregatedResources(group, version),
          freshness: 'Current',
        })),
      })),
    }
    return {
      status: 200,
      body,
      headers: { 'content-type': 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList' },
    }
  }

  #aggregatedResources(group: string, versionName: string): Fields[] {
    const responseKind = (kind: string, inGroup = group, version = versionName) => ({ group: inGroup, version, kind })
    const scope = (namespaced: boolean) => (namespaced ? 'Namespaced' : 'Cluster')
    const served = this.#served(group, versionName).map(({ kind, version }) => ({
      resource: kind.plural,
      responseKind: responseKind(kind.kind),
      scope: scope(kind.namespaced),
      singularResource: kind.singular,
      verbs: objectVerbs,
      ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
      ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
      subresources: version.subresources.map(name => {
        const { verbs = [], kind: answered, group: inGroup, version: inVersion } = subresources[name] ?? {}
        return { subresource: name, responseKind: responseKind(answered ?? kind.kind, inGroup, inVersion), verbs }
      }),
    }))
    const created = reviews
      .filter(review => review.group === group)
      .map(({ plural, kind, namespaced }) => ({
        resource: plural,
        responseKind: responseKind(kind),
        scope: scope(namespaced),
        singularResource: kind.toLowerCase(),
        verbs: ['create'],
      }))
    return [...served, ...created]
  }
}

const coreVersions = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1:443' }],
}

/** `v1` before `v1beta1` before `v1alpha1`, newer before older. */
function byStability(one: string, other: string): number {
  const rank = (name: string) => {
    const [, major = '0', level = '', minor = '0'] = /^v(\d+)(alpha|beta)?(\d*)$/.exec(name) ?? []
    return [{ '': 2, beta: 1, alpha: 0 }[level] ?? 0, Number(major), Number(minor)]
  }
  const left = rank(one)
  return (
    rank(other)
      .map((part, position) => part - (left[position] ?? 0))
      .find(difference => difference !== 0) ?? 0
  )
}
