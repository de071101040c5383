import type { ProbeOutput } from './probe.ts'

/** Seconds. */
export interface CurlLimits {
  readonly connect: number
  readonly total: number
}

/** What curl saw. */
export interface Answer {
  readonly at: string
  readonly exitCode: number
  /** HTTP status of the last answer; undefined when none came. */
  readonly status: number | undefined
  /** Header lines, where curl was asked to show them. */
  readonly head: string
  readonly body: string
  /** What curl printed, without our frame. */
  readonly stdout: string
  readonly stderr: string
  /** False when curl printed no frame: it sent no request at all, or its output was cut. */
  readonly framed: boolean
}

/**
 * The arguments with which curl is really run: quiet but for errors, with time limits that the caller's own may override,
 * and closed by a line of its own that carries the HTTP status behind a marker that no body can guess.
 */
export function framed(args: readonly string[], marker: string, limits: CurlLimits): readonly string[] {
  const frame = `\\n${marker} %{http_code}\\n`
  const ours = ['-s', '-S', '--connect-timeout', `${limits.connect}`, '--max-time', `${limits.total}`]
  const at = args.findIndex(arg => arg === '-w' || arg === '--write-out')
  const format = args[at + 1]
  // curl heeds only the last --write-out: the caller's own goes before our frame.
  if (at >= 0 && format !== undefined && !format.startsWith('@')) {
    return [...ours, ...args.with(at + 1, format + frame)]
  }
  return [...ours, '-w', frame, ...args]
}

/** Takes the frame off again. */
export function answerOf(output: Extract<ProbeOutput, { kind: 'ran' }>, marker: string): Answer {
  const { at, exitCode, stderr } = output
  const frame = new RegExp(`\\n?${marker} (\\d{3})\\n?`, 'g')
  const raw = output.stdout.replaceAll('\r\n', '\n')
  const status = [...raw.matchAll(frame)].at(-1)?.[1]
  const stdout = raw.replace(frame, '')
  const [head, body] = headAndBody(stdout)
  return {
    at,
    exitCode,
    status: status === undefined || status === '000' ? undefined : Number(status),
    head,
    body,
    stdout,
    stderr,
    framed: status !== undefined,
  }
}

/** With -i or -I the headers stand in front, one block for each answer on the way. */
function headAndBody(stdout: string): readonly [string, string] {
  const head = /^(?:HTTP\/[\d.]+ \d{3}[^\n]*\n(?:[^\n]+\n)*(?:\n|$))+/.exec(stdout)?.[0] ?? ''
  return [head, stdout.slice(head.length)]
}
