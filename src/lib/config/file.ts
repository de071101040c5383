import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { isMap, isScalar, LineCounter, parseDocument } from 'yaml'
import { Exit, Failure } from '../engine/failure.ts'

export const FILE_NAME = 'ecs-ambient.yaml'

export interface ConfigFile {
  readonly path: string
  readonly values: Readonly<Record<string, unknown>>
  /** The line, from 1, on which a key of the top level stands. */
  readonly lines: Readonly<Record<string, number>>
}

/** The file that was named, or the nearest `ecs-ambient.yaml` from `directory` upwards, or undefined. */
export function findConfigFile(directory: string, named?: string): string | undefined {
  if (named !== undefined) return resolve(directory, named)
  for (let at = resolve(directory); ; at = dirname(at)) {
    const path = join(at, FILE_NAME)
    if (existsSync(path)) return path
    if (at === dirname(at)) return undefined
  }
}

/** @throws Failure `CONFIG_UNREADABLE`, `CONFIG_NOT_YAML` (exit 2) */
export function readConfigFile(path: string): ConfigFile {
  const counter = new LineCounter()
  const document = parseDocument(read(path), { lineCounter: counter, uniqueKeys: true })
  const [problem] = document.errors
  if (problem) throw notYaml(path, problem.message.split('\n')[0] ?? '', counter.linePos(problem.pos[0]).line)
  if (document.contents === null) return { path, values: {}, lines: {} }
  if (!isMap(document.contents)) throw notYaml(path, 'the top level is not a mapping of keys to values', 1)
  const lines: Record<string, number> = {}
  for (const { key } of document.contents.items) {
    if (isScalar(key) && key.range) lines[String(key.value)] = counter.linePos(key.range[0]).line
  }
  return { path, values: document.toJS() as Record<string, unknown>, lines }
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new Failure({
      code: 'CONFIG_UNREADABLE',
      exit: Exit.usage,
      message: `The configuration file ${path} can't be read.`,
      why: [cause instanceof Error ? cause.message : String(cause)],
      suggestions: ['Give another one with --config FILE, or leave --config out.'],
      cause,
    })
  }
}

function notYaml(path: string, problem: string, line: number): Failure {
  return new Failure({
    code: 'CONFIG_NOT_YAML',
    exit: Exit.usage,
    message: `The configuration file ${path} is not valid YAML.`,
    why: [`line ${line}: ${problem}`],
    suggestions: ['Mend that line; each key stands once, as in `clusterName: ambient-ecs`.'],
  })
}
