import type { Readable, Writable } from 'node:stream'
import { awsWriters } from '../../lib/aws/clients.ts'
import { systemClock } from '../../lib/engine/clock.ts'
import { DataChannel } from '../../lib/exec/channel.ts'
import { isRecord, text } from '../../lib/exec/messages.ts'
import { channelServices } from '../../lib/exec/runner.ts'

export interface PluginStreams {
  readonly stdin: Readable & { readonly isTTY?: boolean; setRawMode?(raw: boolean): unknown }
  readonly stdout: Writable & { readonly columns?: number; readonly rows?: number }
  readonly environment: Readonly<Record<string, string | undefined>>
}

const SESSION_VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE'
const USAGE = '\nThe Session Manager plugin was installed successfully. Use the AWS CLI to start a session.\n\n'

/**
 * Acts as the vendor's session-manager-plugin does for `aws ecs execute-command`: `argv` is the session as JSON (or the
 * name of the variable that holds it), region, operation, profile, request as JSON, endpoint of SSM.
 *
 * @returns its exit code, which is always 0, as the vendor's
 */
export async function runPlugin(argv: readonly string[], streams: PluginStreams): Promise<number> {
  const { stdin, stdout, environment } = streams
  const [given = '', region = '', operation, profile = '', request = '{}'] = argv
  const say = (message: string) => void stdout.write(message)
  if (argv.length === 0) say(USAGE)
  else if (given === '--version') say('1.2.764.0\n')
  else if (operation !== 'StartSession') say('Invalid Operation')
  else {
    const session = parsed(given.startsWith(SESSION_VARIABLE) ? (environment[given] ?? '') : given)
    const sessionId = text(session.SessionId ?? session.sessionId)
    const aws = awsWriters({ region, ...(profile === '' ? {} : { profile }) })
    say(`\nStarting session with SessionId: ${sessionId}\n`)
    const channel = DataChannel.open(
      {
        sessionId,
        streamUrl: text(session.StreamUrl ?? session.streamUrl),
        tokenValue: text(session.TokenValue ?? session.tokenValue),
        targetId: text(parsed(request).Target),
        region,
      },
      {
        services: channelServices(aws),
        clock: systemClock,
        signal: new AbortController().signal,
        size: { cols: stdout.columns ?? 300, rows: stdout.rows ?? 100 },
        onOutput: data =>
          stdout.write(data) ? undefined : new Promise(resolve => stdout.once('drain', () => resolve())),
      },
    )
    stdin.setRawMode?.(true)
    stdin.on('data', (keys: Buffer) => void channel.write(keys))
    // Without a terminal to type at, the end of the input is the end of the session.
    stdin.on('end', () => channel.end())
    await channel.closed.then(
      () => say(`\n\nExiting session with sessionId: ${sessionId}.\n\n`),
      error => say(`\n\nSessionId: ${sessionId} : ${[error.message, ...(error.why ?? [])].join(' ')}\n\n`),
    )
    stdin.setRawMode?.(false)
    stdin.destroy()
  }
  return 0
}

function parsed(json: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(json)
    return isRecord(value) ? value : {}
  } catch {
    return {}
  }
}
