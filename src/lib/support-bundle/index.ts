import type { Settings } from '../config/settings.ts'
import { awsParts } from './aws-parts.ts'
import { kubernetesParts } from './kubernetes-parts.ts'
import { ownParts } from './own-parts.ts'
import type { Collecting, Part } from './part.ts'
import { type Redaction, Redactor } from './redactor.ts'

export { type Bundle, writeBundle } from './bundle.ts'
export { json } from './part.ts'

/** Everything that is looked at; `version` is the program's own. */
export const allParts = (settings: Settings, version: string): readonly Part[] => [
  ...ownParts(version),
  ...awsParts,
  ...kubernetesParts(settings),
]

/** Knows the licence and the credentials of this very run, so that no log can give them away. */
export async function redactorFor(
  { settings, clients }: Collecting,
  { accounts }: Pick<Redaction, 'accounts'>,
): Promise<Redactor> {
  // Without credentials there are none to take out; each part that needs them says that they are missing.
  const credentials = await clients.aws.sts.credentials().catch(() => undefined)
  return new Redactor({
    accounts,
    secrets: {
      'licence key': settings.license,
      'AWS access key id': credentials?.accessKeyId,
      'AWS secret access key': credentials?.secretAccessKey,
      'AWS session token': credentials?.sessionToken,
    },
  })
}
