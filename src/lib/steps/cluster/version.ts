import { Exit, Failure } from '../../engine/failure.ts'

/** A Kubernetes version as the region offers it; `versionStatus` is EKS's own word for its support. */
export interface OfferedVersion {
  readonly clusterVersion?: string | undefined
  readonly defaultVersion?: boolean | undefined
  readonly versionStatus?: string | undefined
  readonly status?: string | undefined
}

const UNSUPPORTED = /^unsupported$/i

/**
 * The version that a new cluster gets: the one that was asked for, else the region's own default.
 *
 * @throws Failure `EKS_VERSION_UNSUPPORTED` (exit 2) with those that are in support
 */
export function chooseVersion(wanted: string | undefined, offered: readonly OfferedVersion[]): string {
  const inSupport = offered.filter(({ versionStatus, status }) => !UNSUPPORTED.test(versionStatus ?? status ?? ''))
  const names = inSupport.flatMap(({ clusterVersion }) => clusterVersion ?? [])
  const fallback =
    inSupport.find(({ defaultVersion }) => defaultVersion)?.clusterVersion ?? names.toSorted(byVersion)[0]
  const version = wanted ?? fallback
  if (version !== undefined && names.includes(version)) return version
  throw new Failure({
    code: 'EKS_VERSION_UNSUPPORTED',
    exit: Exit.usage,
    message:
      wanted === undefined
        ? 'EKS names no Kubernetes version in support.'
        : `EKS does not support Kubernetes ${wanted} (any more, or yet).`,
    why: [`in support: ${names.toSorted(byVersion).join(', ')}`],
    suggestions: ['Set EKS_VERSION to one of these, or leave it out for the default of the region.'],
  })
}

/** Newest first. */
const byVersion = (a: string, b: string): number => b.localeCompare(a, 'en', { numeric: true })
