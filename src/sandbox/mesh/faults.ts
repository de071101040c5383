/**
 * What a test breaks on purpose. Targets are named as people name them: the ECS service or the `app` label.
 */
export class MeshFaults {
  /** The application is gone, though its task or pod still runs. */
  readonly dead = new Set<string>()
  /** `app:port`: packets for it are dropped on the way, whatever the security groups say. */
  readonly shut = new Set<string>()
  /** Host names that nobody can resolve. */
  readonly unresolvable = new Set<string>()
  /** Traffic to it goes past the tunnel, in plain text. */
  readonly plainText = new Set<string>()
  /** Policies do not reach the proxies while this is so. */
  stuck = false
}
