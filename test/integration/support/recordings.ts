import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const given = process.env.ECS_AMBIENT_SANDBOX_RECORD

/** The folder of what the sandbox answered: in CI with the answers of the whole test suite, else of this run. */
export const recordings = given || mkdtempSync(join(tmpdir(), 'recordings-'))

if (!given) process.on('exit', () => rmSync(recordings, { recursive: true, force: true }))
