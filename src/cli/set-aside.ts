/** Static keys, as every AWS SDK and tool reads them. */
const KEYS = ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'] as const

/**
 * A profile goes before keys in the environment, for the tools that we start, too: some of them would take the keys, and
 * work in another account. So the keys are taken out of the environment. Answers what to tell of it.
 */
export function setAside(profile: string | undefined, environment: NodeJS.ProcessEnv): string | undefined {
  const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY } = environment
  if (profile === undefined || !AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) return undefined
  for (const key of KEYS) delete environment[key]
  return `The profile ${profile} is used, and not the AWS_ACCESS_KEY_ID that is in the environment too.`
}
