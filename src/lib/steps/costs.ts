/**
 * What things cost while they stand, in US dollars an hour: list prices of us-east-1, rounded. Good enough to say
 * which leftover hurts; a bill is AWS's own.
 */
const HOURLY: Readonly<Record<string, number>> = {
  'eks-cluster': 0.1,
  'ec2-instance': 0.0464,
  'nat-gateway': 0.045,
  'load-balancer': 0.025,
  'ecs-service': 0.0123,
  'elastic-ip': 0.005,
  /** For each GiB. */
  'ebs-volume': 0.00011,
}

/** Dollars an hour, 0 for what costs nothing by itself. */
export const hourlyCost = (kind: string): number => HOURLY[kind] ?? 0

/** `about $0.10 an hour`, or `free while unused`. */
export function costText(dollars: number): string {
  return dollars === 0 ? 'free while unused' : `about $${dollars.toFixed(dollars < 0.01 ? 4 : 2)} an hour`
}
