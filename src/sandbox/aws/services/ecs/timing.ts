/** Milliseconds that things take in ECS on Fargate. */
export const TIMES = {
  /** Until the network interface is attached. */
  provisioning: 8_000,
  /** Pulling the images and starting the containers. */
  pending: 12_000,
  /** From RUNNING until the agent of ECS Exec runs. */
  execAgent: 4_000,
  /** From RUNNING until the first health check has passed. */
  healthy: 10_000,
  /** From the request to stop until the containers have ended. */
  stopping: 5_000,
  deprovisioning: 10_000,
  /** From STOPPED until the network interface is gone. */
  interfaceRelease: 20_000,
  /** How long the scheduler takes to notice that nothing is left to do. */
  steady: 10_000,
  /** Before it tries again to start a task that failed; twice as long after each failure. */
  retry: 15_000,
  /** How long a stopped task, a deleted service and a deleted cluster are still shown. */
  remembered: 3_600_000,
} as const
