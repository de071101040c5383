import { expect } from 'chai'
import { converse, type Run, type Service, startService } from './support.ts'

const say: Run = async (argv, { stdout }) => {
  stdout.write(`${argv.join('|')}\n`)
  return 0
}

describe('a session over the data channel', () => {
  let service: Service
  afterEach(() => service.close())

  it('brings what the command printed, as a terminal shows it', async () => {
    service = await startService(say)
    expect(await converse(service, service.execute(`sh -c 'a "b"' c#d # e`))).to.equal('sh|-c|a "b"|c#d\r\n')
  })

  it('types into the command, which is echoed', async () => {
    service = await startService(async (_argv, { stdin, stdout }) => {
      for await (const line of stdin) stdout.write(`<${String(line).trim()}>\n`)
      return 0
    })
    const output = await converse(service, service.execute('cat'), { typed: ['hellö\r', '\x04'] })
    expect(output).to.equal('hellö\r\n<hellö>\r\n')
  })

  it('encrypts both ways where the cluster has a KMS key', async () => {
    service = await startService(async (_argv, { stdin, stdout }) => {
      for await (const line of stdin) stdout.write(`<${String(line).trim()}>\n`)
      return 0
    })
    const session = service.execute('cat', { kmsKeyId: 'alias/exec' })
    expect(await converse(service, session, { typed: ['x\r\x04'] })).to.equal('x\r\n<x>\r\n')
  })
})
