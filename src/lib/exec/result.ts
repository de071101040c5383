/** What a command left behind, wherever it ran: in a pod or in an ECS container. */
export interface ExecResult {
  readonly exitCode: number
  readonly stdout: Buffer
  readonly stderr: Buffer
}
