import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { recorder } from '../../../src/sandbox/aws/recorder.ts'

describe('the recorder of the simulated AWS', () => {
  let folder: string

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'recorder-'))
  })

  afterEach(() => rm(folder, { recursive: true }))

  const answer = (body: string) => ({
    service: 'iam',
    operation: 'GetRole',
    client: 'aws-sdk-js',
    status: 200,
    code: undefined,
    body,
  })

  it('keeps answers of each form once', async () => {
    const record = recorder(folder)
    record(answer('{"id":"0a1b2c3d","count":1}'))
    record(answer('{"id":"4e5f6a7b","count":22}'))
    record(answer('{"name":"other"}'))
    const [file = ''] = await readdir(folder)
    const lines = (await readFile(join(folder, file), 'utf8')).trimEnd().split('\n')
    expect(lines.map(line => JSON.parse(line).body)).to.deep.equal(['{"id":"0a1b2c3d","count":1}', '{"name":"other"}'])
  })

  it('keeps nothing where nobody asked for it', async () => {
    recorder('')(answer('{}'))
    expect(await readdir(folder)).to.deep.equal([])
  })
})
