import { ToolError, type ToolRun } from './tool.ts'

/** Where a tool's own environment sends its AWS calls. */
export interface AwsTarget {
  readonly region: string
}

/**
 * The AWS account that the tool would use. The tools talk to it in this process, but only where their own environment
 * would have led them here: without credentials, or on the way to another AWS, they fail as the real ones do.
 *
 * @throws ToolError
 */
export function requireAws({ environment }: Pick<ToolRun, 'environment'>, endpoint: string): AwsTarget {
  const { AWS_ENDPOINT_URL, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_REGION, AWS_DEFAULT_REGION } = environment
  if (!AWS_ACCESS_KEY_ID || !AWS_SECRET_ACCESS_KEY) {
    throw new ToolError(
      'checking AWS STS access – cannot get role ARN for current session: no EC2 IMDS role found, failed to refresh cached credentials',
    )
  }
  if (AWS_ENDPOINT_URL?.replace(/\/$/, '') !== endpoint) {
    throw new ToolError(
      `this is the sandbox's own tool, and AWS_ENDPOINT_URL is ${AWS_ENDPOINT_URL ?? 'not set'} rather than ${endpoint}`,
    )
  }
  const region = AWS_REGION ?? AWS_DEFAULT_REGION
  if (!region)
    throw new ToolError(
      'AWS Region must be set, please set the AWS Region in AWS config file or as environment variable',
    )
  return { region }
}
