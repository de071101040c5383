import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, join, resolve } from 'node:path'
import { Exit, Failure } from '../engine/failure.ts'

export interface ToolQuery {
  /** The executable's name, without `.exe`. */
  readonly name: string
  /** A path that the user gave, by flag or variable: no other place is looked at then. */
  readonly given?: string | undefined
  /** Where we put tools ourselves. */
  readonly directory: string
  readonly path?: string | undefined
  /** How to get it. */
  readonly suggestions: readonly string[]
}

/**
 * The path of a tool: the one that was given, else ours, else the first on PATH.
 *
 * @throws Failure `TOOL_NOT_FOUND` (exit 3)
 */
export async function findTool({ name, given, directory, path, suggestions }: ToolQuery): Promise<string> {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  const onPath = (path ?? process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const candidates = given === undefined ? [directory, ...onPath].map(folder => join(folder, file)) : [resolve(given)]
  for (const candidate of candidates) {
    if (await isExecutable(candidate)) return candidate
  }
  throw new Failure({
    code: 'TOOL_NOT_FOUND',
    exit: Exit.missing,
    message: given === undefined ? `${name} was not found.` : `${given} is not an executable file.`,
    why: given === undefined ? [`looked in ${directory} and on PATH`] : [],
    suggestions,
  })
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
