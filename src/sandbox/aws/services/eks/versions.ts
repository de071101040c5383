import type { ClusterVersionInformation } from '@aws-sdk/client-eks'

interface Version {
  readonly version: string
  readonly status: 'STANDARD_SUPPORT' | 'EXTENDED_SUPPORT' | 'UNSUPPORTED'
  /** Days: release on EKS, end of standard support, end of extended support. */
  readonly dates: readonly [string, string, string]
  readonly patch: string
  readonly isDefault?: true
}

/** The versions of Kubernetes on EKS as they stood in late November 2026, the newest first. */
export const VERSIONS: readonly Version[] = [
  { version: '1.36', status: 'STANDARD_SUPPORT', dates: ['2026-09-23', '2027-11-23', '2028-11-23'], patch: '1.36.2' },
  {
    version: '1.35',
    status: 'STANDARD_SUPPORT',
    dates: ['2026-01-27', '2027-03-27', '2028-03-27'],
    patch: '1.35.6',
    isDefault: true,
  },
  { version: '1.34', status: 'STANDARD_SUPPORT', dates: ['2025-10-02', '2026-12-02', '2027-12-02'], patch: '1.34.9' },
  { version: '1.33', status: 'EXTENDED_SUPPORT', dates: ['2025-05-29', '2026-07-29', '2027-07-29'], patch: '1.33.13' },
  { version: '1.32', status: 'EXTENDED_SUPPORT', dates: ['2025-01-23', '2026-03-23', '2027-03-23'], patch: '1.32.13' },
  { version: '1.31', status: 'EXTENDED_SUPPORT', dates: ['2024-09-26', '2025-11-26', '2026-11-26'], patch: '1.31.14' },
  { version: '1.30', status: 'UNSUPPORTED', dates: ['2024-05-23', '2025-07-23', '2026-07-23'], patch: '1.30.14' },
]

const day = (text: string): Date => new Date(`${text}T00:00:00Z`)

export const shownVersion = ({ version, status, dates, patch, isDefault }: Version): ClusterVersionInformation => ({
  clusterVersion: version,
  clusterType: 'eks',
  defaultPlatformVersion: 'eks.1',
  defaultVersion: isDefault ?? false,
  releaseDate: day(dates[0]),
  endOfStandardSupportDate: day(dates[1]),
  endOfExtendedSupportDate: day(dates[2]),
  status: status.toLowerCase().replace('_', '-') as 'standard-support' | 'extended-support' | 'unsupported',
  versionStatus: status,
  kubernetesPatchVersion: patch,
})
