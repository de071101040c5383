import { readFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'

/** The names of the AWS profiles of this machine, from its configuration and its credentials file. */
export function profileNames(environment: NodeJS.ProcessEnv = process.env): readonly string[] {
  const home = environment.HOME || homedir()
  const config = environment.AWS_CONFIG_FILE || join(home, '.aws', 'config')
  const credentials = environment.AWS_SHARED_CREDENTIALS_FILE || join(home, '.aws', 'credentials')
  // In the configuration every profile but `default` says that it is one; other sections are sessions and services.
  const configured = sections(config).flatMap(name =>
    name === 'default' ? name : (/^profile\s+(.+)$/.exec(name)?.[1] ?? []),
  )
  return [...new Set([...configured, ...sections(credentials)])].sort()
}

function sections(file: string): readonly string[] {
  try {
    return [...readFileSync(file, 'utf8').matchAll(/^\s*\[\s*(.+?)\s*\]/gm)].flatMap(([, name]) => name ?? [])
  } catch {
    return []
  }
}
