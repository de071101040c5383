import { delimiter, join } from 'node:path'

/** Twelve digits that AWS uses in its own examples. */
export const ACCOUNT = '111122223333'

/** No real key has this form, so none can be mistaken for it. */
export const CREDENTIALS = { accessKeyId: 'AKIASANDBOX000000000', secretAccessKey: 'sandbox' } as const

/** Everything that points a client at a sandbox. */
export interface SandboxAddresses {
  /** The sandbox's own directory. */
  readonly dir: string
  /** URL of the simulated AWS. */
  readonly aws: string
  readonly region: string
  /** Directory of the tools' executables. */
  readonly bin: string
  /** An empty file, in the place of the user's AWS configuration. */
  readonly emptyFile: string
  readonly kubeconfig: string
  /** Without `-solo`. */
  readonly istioVersion: string
  /** URL of the Gateway API CRDs. */
  readonly gatewayApi: string
}

/** The variables that a shell, or any AWS or Kubernetes client, needs to be in the sandbox. */
export function sandboxEnvironment(addresses: SandboxAddresses, path = process.env.PATH ?? ''): Record<string, string> {
  const { dir, aws, region, bin, emptyFile, kubeconfig, istioVersion, gatewayApi } = addresses
  return {
    AWS_ENDPOINT_URL: aws,
    AWS_REGION: region,
    AWS_DEFAULT_REGION: region,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
    AWS_CONFIG_FILE: emptyFile,
    AWS_SHARED_CREDENTIALS_FILE: emptyFile,
    AWS_EC2_METADATA_DISABLED: 'true',
    KUBECONFIG: kubeconfig,
    PATH: [bin, ...path.split(delimiter).filter(entry => entry !== bin)].join(delimiter),
    HUB: 'registry.sandbox.localhost/istio',
    ISTIO_VERSION: istioVersion,
    GATEWAY_API_URL: gatewayApi,
    ISTIOCTL: join(bin, 'istioctl'),
    EKSCTL: join(bin, 'eksctl'),
    // The program keeps its own files, such as kubeconfigs, apart from those of real clusters.
    ECS_AMBIENT_DATA_DIR: join(dir, 'data'),
    ECS_AMBIENT_SANDBOX: dir,
  }
}

/** Variables of the user's shell that would lead the SDK or `aws` past the sandbox's credentials or its endpoint. */
const MISLEADING = ['AWS_PROFILE', 'AWS_DEFAULT_PROFILE', 'AWS_SESSION_TOKEN', 'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS']

/** The same as lines for a POSIX shell; PATH is put in front of the shell's own. */
export function exportLines(environment: Readonly<Record<string, string>>, bin: string): readonly string[] {
  const exported = Object.entries(environment).map(([name, value]) =>
    name === 'PATH' ? `export PATH=${quoted(bin)}:"$PATH"` : `export ${name}=${quoted(value)}`,
  )
  return [`unset ${MISLEADING.join(' ')}`, ...exported]
}

const quoted = (text: string): string => `'${text.replaceAll("'", `'\\''`)}'`
