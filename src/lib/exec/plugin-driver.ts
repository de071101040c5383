import { execa } from 'execa'
import { dataDirectory } from '../config/data-directory.ts'
import { interrupted, isFailure } from '../engine/failure.ts'
import { findTool } from '../tools/find.ts'
import type { ChannelServices, ExecSession } from './channel.ts'
import { execFailure } from './failures.ts'
import type { Transport, TransportOptions } from './transport.ts'

/** The vendor's client, for the day its protocol changes and ours has not yet. */
export interface PluginDriver {
  /** The executable. */
  readonly file: string
  readonly profile: string | undefined
  readonly services: Pick<ChannelServices, 'terminateSession'>
}

const NAME = 'session-manager-plugin'
/** The plugin takes the session, which holds a secret, from this variable: arguments can be read by everyone. */
const SESSION_VARIABLE = 'AWS_SSM_START_SESSION_RESPONSE'
const TAIL = 4096

/** @throws Failure `TOOL_NOT_FOUND` (exit 3) */
export const findPlugin = (given?: string): Promise<string> =>
  findTool({
    name: NAME,
    ...(given === undefined ? {} : { given }),
    directory: dataDirectory(),
    suggestions: [
      'https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html',
      'Leave out --exec-driver: our own client needs no plugin.',
    ],
  })

/** Runs the plugin as the AWS CLI does, and reads what its terminal shows. Its own exit code is always 0. */
export const pluginTransport =
  (driver: PluginDriver): Transport =>
  (session, options) => {
    const stop = new AbortController()
    return { closed: converse(driver, session, options, stop.signal), end: () => stop.abort() }
  }

async function converse(
  { file, profile, services }: PluginDriver,
  session: ExecSession,
  { signal, onOutput }: TransportOptions,
  finished: AbortSignal,
): Promise<void> {
  const { sessionId, streamUrl, tokenValue, targetId, region } = session
  const child = execa(
    file,
    [
      SESSION_VARIABLE,
      region,
      'StartSession',
      profile ?? '',
      JSON.stringify({ Target: targetId }),
      ssmEndpoint(region),
    ],
    {
      env: {
        [SESSION_VARIABLE]: JSON.stringify({ SessionId: sessionId, StreamUrl: streamUrl, TokenValue: tokenValue }),
      },
      // It must stay open: at the end of its input the plugin ends the session.
      stdin: 'pipe',
      all: true,
      buffer: false,
      reject: false,
      encoding: 'buffer',
      cancelSignal: AbortSignal.any([signal, finished]),
      forceKillAfterDelay: 2000,
    },
  )
  let tail = ''
  let broken: unknown
  try {
    for await (const chunk of child.all) {
      const data = Buffer.from(chunk)
      tail = (tail + data.toString('latin1')).slice(-TAIL)
      await onOutput(data)
    }
  } catch (error) {
    broken = error
    child.kill()
  }
  const { failed, exitCode } = await child
  if (finished.aborted) return
  if (broken !== undefined || failed) await services.terminateSession(sessionId).catch(() => undefined)
  if (signal.aborted) throw isFailure(signal.reason) ? signal.reason : interrupted()
  if (broken !== undefined) throw broken
  const why = complaint(tail.replaceAll(tokenValue, '[token]'))
  if (!failed && why === undefined) return
  throw execFailure('EXEC_PLUGIN_FAILED', `The ${NAME} failed.`, { why: [why ?? `it ended with ${exitCode}`] })
}

/** What the plugin says on its output when it could not do its work, or when the agent could not. */
const complaint = (output: string): string | undefined =>
  /^(?:Cannot perform start session: |SessionId: \S+ : )([^\r\n]+)/m.exec(output)?.[1]

const ssmEndpoint = (region: string): string =>
  process.env.AWS_ENDPOINT_URL_SSM ??
  process.env.AWS_ENDPOINT_URL ??
  `https://ssm.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}`
