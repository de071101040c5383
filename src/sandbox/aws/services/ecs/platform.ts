import { AwsError } from '../../wire/error.ts'

/** Of Fargate for Linux, the newest last. */
const VERSIONS = ['1.3.0', '1.4.0'] as const

/** The version that a request means. @throws AwsError `PlatformUnknownException` */
export function platformOf(wanted = 'LATEST'): string {
  const found = wanted === 'LATEST' ? VERSIONS.at(-1) : VERSIONS.find(version => version === wanted)
  if (found === undefined) throw new AwsError('PlatformUnknownException', 'The specified platform does not exist.')
  return found
}
