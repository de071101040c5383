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

/**
 * The doctor's code for a failure's code, or undefined. Some failures tell only in their message what they are about:
 * give it as `message` where it is at hand.
 */
export function doctorCodeFor(failureCode: string, message = ''): string | undefined {
  if (failureCode === 'TOOL_NOT_FOUND' || failureCode === 'TOOL_FAILED') return toolCode(message)
  return BY_FAILURE[failureCode]
}

function toolCode(message: string): string | undefined {
  if (/eksctl/.test(message)) return 'EA1002'
  if (/istioctl/.test(message)) return 'EA1003'
  return /session-manager-plugin/.test(message) ? 'EA1004' : undefined
}

export const mappedCodes = (): readonly string[] => Object.values(BY_FAILURE)
