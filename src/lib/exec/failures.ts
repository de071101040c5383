import { Exit, Failure, type FailureDetails, isFailure } from '../engine/failure.ts'

/** Where an exec broke: no task to run in, its agent not there, or the way to it. */
export type ExecLayer = 'task' | 'agent' | 'channel'

const layers = {
  /** No RUNNING task of the service's primary deployment, or none of that id. */
  EXEC_NO_TASK: 'task',
  /** The task has no container of that name, or more than one and none was named. */
  EXEC_NO_CONTAINER: 'task',
  /** The task was started without ECS Exec. */
  EXEC_NOT_ENABLED: 'agent',
  EXEC_AGENT_NOT_RUNNING: 'agent',
  /** ECS went on answering TargetNotConnectedException. */
  EXEC_NOT_CONNECTED: 'agent',
  /** The container lacks a program that the framing needs. */
  EXEC_UNSUPPORTED: 'agent',
  /** The session ended before the command's exit code came through. */
  EXEC_CHANNEL_CLOSED: 'channel',
  /** The connection could not be opened at all. */
  EXEC_CHANNEL_REFUSED: 'channel',
  /** What the agent asked for at the beginning could not be done, such as encryption with a KMS key. */
  EXEC_HANDSHAKE_FAILED: 'channel',
  /** The other side broke the protocol. */
  EXEC_PROTOCOL: 'channel',
  EXEC_TIMED_OUT: 'channel',
  /** The vendor's plugin is missing or did not run. */
  EXEC_PLUGIN_FAILED: 'channel',
} as const satisfies Record<string, ExecLayer>

export type ExecCode = keyof typeof layers

/** The layer that a failure of exec is about; undefined for any other error. */
export function execLayer(error: unknown): ExecLayer | undefined {
  return isFailure(error) ? (layers as Readonly<Record<string, ExecLayer>>)[error.code] : undefined
}

/** A failure of exec itself, never of the command: exit code 125. */
export function execFailure(
  code: ExecCode,
  message: string,
  more: Omit<FailureDetails, 'code' | 'message'> = {},
): Failure {
  return new Failure({ code, message, exit: Exit.exec, ...more })
}

/** The other side sent what the protocol does not allow. */
export const protocolFailure = (why: string): Failure =>
  execFailure('EXEC_PROTOCOL', 'The session sent something that the data channel protocol does not allow.', {
    why: [why],
    suggestions: ["Try the vendor's own client: --exec-driver plugin"],
  })
