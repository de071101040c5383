import type { Settings } from '../config/settings.ts'

/** Inputs that do not exist yet, as a plan says them. */
export const noCluster = ({ clusterName }: Pick<Settings, 'clusterName'>): string =>
  `EKS cluster ${clusterName} does not exist`
export const NO_GATEWAY_API = 'the Gateway API CRDs are not installed'
export const NO_ISTIO = 'Istio is not installed'
