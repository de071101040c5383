/** Which check looks into what a failure is about; those that no check could have foreseen have none. */
const BY_FAILURE: Readonly<Record<string, string>> = {
  TOOL_VERSION: 'EA1003',
  TOOL_OUTPUT: 'EA1003',
  EXEC_PLUGIN_FAILED: 'EA1004',
  CREDENTIALS_MISSING: 'EA1051',
  CREDENTIALS_INVALID: 'EA1051',
  CREDENTIALS_EXPIRED: 'EA1051',
  SSO_EXPIRED: 'EA1051',
  PROFILE_UNKNOWN: 'EA1051',
  ACCESS_DENIED: 'EA1102',
  CLUSTER_MISSING: 'EA1201',
  CLUSTER_FAILED: 'EA1201',
  EKS_VERSION_UNSUPPORTED: 'EA1202',
  KUBERNETES_UNREACHABLE: 'EA1203',
  KUBERNETES_UNAUTHORIZED: 'EA1204',
  KUBERNETES_FORBIDDEN: 'EA1204',
  KUBE_CONTEXT_MISMATCH: 'EA1203',
  NODES_FAILED: 'EA1251',
  GATEWAY_API_UNAVAILABLE: 'EA1253',
  GATEWAY_API_INVALID: 'EA1253',
  ROLLOUT_FAILED: 'EA1453',
  EXEC_NO_TASK: 'EA1453',
  EXEC_NOT_ENABLED: 'EA1455',
  EXEC_AGENT_NOT_RUNNING: 'EA1456',
  EXEC_NOT_CONNECTED: 'EA1459',
  EXEC_CHANNEL_REFUSED: 'EA1452',
  EXEC_HANDSHAKE_FAILED: 'EA1451',
  NOT_ENROLLED: 'EA1501',
  NO_PRIVATE_SUBNETS: 'EA1601',
}

type Row = readonly [pattern: RegExp, code: string]

const TOOLS: readonly Row[] = [
  [/eksctl/, 'EA1002'],
  [/istioctl/, 'EA1003'],
  [/session-manager-plugin/, 'EA1004'],
]

/** The same where the code alone does not tell; the first that fits. */
const BY_MESSAGE: Readonly<Record<string, readonly Row[]>> = {
  TOOL_NOT_FOUND: TOOLS,
  TOOL_FAILED: TOOLS,
  TIMED_OUT: [
    [/EKS cluster \S+ to be ACTIVE/, 'EA1201'],
    [/nodes of EKS/, 'EA1251'],
    [/istiod/, 'EA1301'],
    [/ztunnel/, 'EA1302'],
    [/istio-cni/, 'EA1303'],
    [/programmed/, 'EA1351'],
    [/resolve/, 'EA1352'],
    [/HBONE/, 'EA1502'],
    [/service .* steady/, 'EA1453'],
  ],
  QUOTA_EXCEEDED: [
    [/CreateVpc/, 'EA1151'],
    [/Address/, 'EA1152'],
    [/LoadBalancer/, 'EA1153'],
    [/ecs:/, 'EA1154'],
  ],
}

/**
 * The doctor's code for a failure's code, or undefined. Some failures tell only in their message what they are about:
 * give it as `message` where it is at hand.
 */
export function doctorCodeFor(failureCode: string, message = ''): string | undefined {
  return BY_FAILURE[failureCode] ?? BY_MESSAGE[failureCode]?.find(([pattern]) => pattern.test(message))?.[1]
}

/** Every code that some failure leads to. */
export const mappedCodes = (): readonly string[] => [
  ...Object.values(BY_FAILURE),
  ...Object.values(BY_MESSAGE).flatMap(rows => rows.map(([, code]) => code)),
]
