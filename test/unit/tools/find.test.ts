import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { isFailure } from '../../../src/lib/engine/failure.ts'
import { findTool } from '../../../src/lib/tools/find.ts'

describe('finding a tool', () => {
  let root: string
  const put = async (folder: string, mode = 0o755) => {
    await mkdir(join(root, folder), { recursive: true })
    const path = join(root, folder, 'tool')
    await writeFile(path, '')
    await chmod(path, mode)
    return path
  }
  const find = (given?: string) =>
    findTool({
      name: 'tool',
      given,
      directory: join(root, 'ours'),
      path: [join(root, 'a'), join(root, 'b')].join(delimiter),
      suggestions: ['get it'],
    })
  const missing = async (work: Promise<unknown>) => {
    const error = await work.catch((reason: unknown) => reason)
    if (!isFailure(error)) throw new Error(`expected a Failure, got ${error}`)
    expect(error).to.include({ code: 'TOOL_NOT_FOUND', exit: 3 })
    expect(error.suggestions).to.deep.equal(['get it'])
    return error
  }

  beforeEach(async () => {
    root = await mkdtemp(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(() => rm(root, { recursive: true }))

  it('takes the one that was given before all others', async () => {
    await put('ours')
    const given = await put('given')
    expect(await find(given)).to.equal(given)
  })

  it('takes ours before PATH, and the first on PATH', async () => {
    const b = await put('b')
    expect(await find()).to.equal(b)
    const a = await put('a')
    expect(await find()).to.equal(a)
    const ours = await put('ours')
    expect(await find()).to.equal(ours)
  })

  it('goes past what is no executable file', async () => {
    await put('ours', 0o644)
    await mkdir(join(root, 'a', 'tool'), { recursive: true })
    const b = await put('b')
    expect(await find()).to.equal(b)
  })

  it('looks nowhere else when the given one is missing', async () => {
    await put('ours')
    expect((await missing(find(join(root, 'nothing')))).message).to.contain('nothing is not an executable file')
  })

  it('says where it looked', async () => {
    expect((await missing(find())).why.join()).to.contain(join(root, 'ours'))
  })
})
