/** One suite of the tour, in words for someone who sees it for the first time. */
export interface TourStop {
  readonly suite: string
  readonly title: string
  readonly about: string
  /** What to look at in the matrix. */
  readonly watch: string
  /** The policy whose objects are its details. */
  readonly policy?: string
}

export const TOUR: readonly TourStop[] = [
  {
    suite: 'baseline',
    title: 'Everybody may call everybody',
    about:
      'No policy stands. Each shell calls each echo, on EKS and on ECS, and the ECS shell calls the internet. What stays in the mesh goes through a ztunnel on either side, in mutual TLS.',
    watch: 'Every call is allowed. Whether it was encrypted is read from the log of the ztunnel at its end.',
  },
  {
    suite: 'eks-deny',
    title: 'Nobody may call the echo on EKS',
    about:
      'A layer 4 policy on the EKS workload eks-echo: DENY, for whoever asks. The ztunnel in front of it resets the connection before a byte of HTTP is read.',
    watch: 'The column of the EKS echo turns to denied-l4, for callers on EKS and on ECS alike. Nothing else changes.',
    policy: 'eks-deny',
  },
  {
    suite: 'ecs-deny',
    title: 'Nobody may call the ECS services',
    about:
      'A layer 4 policy on the whole namespace that stands for the ECS cluster. It is enforced by the ztunnel inside each ECS task: the same policy, the same words, another platform.',
    watch: 'The column of the ECS echo turns to denied-l4. The EKS echo answers again.',
    policy: 'ecs-deny',
  },
  {
    suite: 'post-only',
    title: 'Only POST may reach the ECS services',
    about:
      'A layer 7 policy. It has to read HTTP, so a waypoint, a proxy on EKS, is put in front of the ECS services. It lets POST through and answers 403 to all else.',
    watch: 'GET to ECS is denied-l7, POST is allowed. Calls that end on EKS pass by the waypoint and change nothing.',
    policy: 'post-only',
  },
]
