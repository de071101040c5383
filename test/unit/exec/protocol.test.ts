import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { Failure } from '../../../src/lib/engine/failure.ts'
import { decodeFrame, encodeFrame, type Frame, MessageType, PayloadType } from '../../../src/lib/exec/frame.ts'
import { acknowledgement } from '../../../src/lib/exec/messages.ts'
import { ACKNOWLEDGE_LIMIT, ClientProtocol } from '../../../src/lib/exec/protocol.ts'

/** A client at whose other end the test sits. */
function client() {
  const clock = { now: 0 }
  const sent: Frame[] = []
  const output: string[] = []
  const ends: unknown[] = []
  let sequence = 0
  const protocol = new ClientProtocol(
    { sessionId: 's', targetId: 't' },
    () => Promise.reject(new Error('no KMS')),
    {
      send: frame => sent.push(decodeFrame(frame)),
      output: data => output.push(data.toString()),
      drained: () => undefined,
      closed: words => ends.push(words),
      failed: error => ends.push(error),
    },
    () => clock.now,
  )
  const receive = (more: Partial<Frame>) =>
    protocol.receive(
      encodeFrame({
        type: MessageType.output,
        created: 0,
        sequence: 0,
        flags: 0,
        id: randomUUID(),
        payloadType: PayloadType.output,
        payload: Buffer.from('x'),
        ...more,
      }),
    )
  const agent = (payloadType: number, payload: string) =>
    receive({ sequence: sequence++, payloadType, payload: Buffer.from(payload) })
  protocol.resize({ cols: 80, rows: 24 })
  protocol.connected()
  return { protocol, clock, sent, output, ends, receive, agent }
}

const kinds = (sent: readonly Frame[]) => sent.map(({ type, sequence }) => `${type} ${sequence}`)
const handshake = JSON.stringify({ RequestedClientActions: [] })

describe("the client's end of a session", () => {
  it('tells the size first, as message 0', () => {
    const { sent } = client()
    expect(sent).to.have.length(1)
    expect(sent[0]).to.include({ type: 'input_stream_data', sequence: 0, payloadType: 3, flags: 0 })
    expect(sent[0]?.payload.toString()).to.equal('{"cols":80,"rows":24}')
  })

  it('acknowledges as the agent expects it', () => {
    const { sent, receive } = client()
    const id = '00112233-4455-6677-8899-aabbccddeeff'
    receive({ sequence: 0, id })
    expect(sent[1]).to.include({ type: 'acknowledge', sequence: 0, flags: 3, payloadType: 0 })
    expect(JSON.parse(sent[1]?.payload.toString() ?? '')).to.deep.equal({
      AcknowledgedMessageType: 'output_stream_data',
      AcknowledgedMessageId: id,
      AcknowledgedMessageSequenceNumber: 0,
      IsSequentialMessage: true,
    })
  })

  it('acknowledges a repeated message again, and shows it once', () => {
    const { sent, receive, output } = client()
    receive({ sequence: 0 })
    receive({ sequence: 0 })
    expect(sent.filter(({ type }) => type === 'acknowledge')).to.have.length(2)
    expect(output).to.deep.equal(['x'])
  })

  it('has one count for sizes, keys and handshake', async () => {
    const { protocol, sent, agent } = client()
    agent(PayloadType.handshakeRequest, handshake)
    await new Promise(setImmediate)
    agent(PayloadType.handshakeComplete, '{}')
    protocol.type(Buffer.from('a'))
    const input = sent.filter(({ type }) => type === MessageType.input)
    expect(input.map(({ sequence, payloadType }) => [sequence, payloadType])).to.deep.equal([
      [0, PayloadType.size],
      [1, PayloadType.handshakeResponse],
      [2, PayloadType.size],
      [3, PayloadType.output],
    ])
  })

  it('is not to be typed into before the agent shows that it listens, nor during a handshake', async () => {
    const { protocol, agent } = client()
    expect(protocol.writable).to.equal(false)
    agent(PayloadType.handshakeRequest, handshake)
    await new Promise(setImmediate)
    expect(protocol.writable).to.equal(false)
    agent(PayloadType.handshakeComplete, '{}')
    expect(protocol.writable).to.equal(true)
  })

  it('may be typed into after an acknowledgement of its size', () => {
    const { protocol, sent } = client()
    const [size] = sent
    if (!size) throw new Error('no size was sent')
    protocol.receive(encodeFrame(acknowledgement(size, 0)))
    expect(protocol.writable).to.equal(true)
  })

  it('sends again what is not acknowledged, after 200 ms at first', () => {
    const { protocol, clock, sent } = client()
    clock.now = 200
    protocol.tick()
    expect(sent).to.have.length(1)
    clock.now = 300
    protocol.tick()
    expect(kinds(sent)).to.deep.equal(['input_stream_data 0', 'input_stream_data 0'])
  })

  it('sends nothing but acknowledgements while it is paused, and everything afterwards', () => {
    const { protocol, clock, sent, receive } = client()
    receive({ type: MessageType.pause, payload: Buffer.alloc(0) })
    protocol.type(Buffer.from('a'))
    clock.now = 10_000
    protocol.tick()
    receive({ sequence: 0 })
    expect(kinds(sent.slice(1))).to.deep.equal(['acknowledge 0'])
    receive({ type: MessageType.start, payload: Buffer.alloc(0) })
    expect(kinds(sent.slice(2))).to.deep.equal(['input_stream_data 0', 'input_stream_data 1'])
  })

  it('gives up when nothing was acknowledged for five minutes', () => {
    const { protocol, clock, ends } = client()
    clock.now = ACKNOWLEDGE_LIMIT
    protocol.tick()
    expect(ends).to.deep.equal([])
    clock.now += 1
    protocol.tick()
    expect(ends).to.have.length(1)
    expect(ends[0]).to.include({ code: 'EXEC_CHANNEL_CLOSED', exit: 125 })
  })

  it('does not count the time of a pause as silence', () => {
    const { protocol, clock, ends, receive } = client()
    receive({ type: MessageType.pause, payload: Buffer.alloc(0) })
    clock.now = 2 * ACKNOWLEDGE_LIMIT
    protocol.tick()
    receive({ type: MessageType.start, payload: Buffer.alloc(0) })
    protocol.tick()
    expect(ends).to.deep.equal([])
  })

  it('hears the words with which the session was closed', () => {
    const { ends, receive } = client()
    receive({ type: MessageType.channelClosed, payload: Buffer.from('{"Output":"because"}') })
    receive({ type: MessageType.channelClosed, payload: Buffer.from('{}') })
    expect(ends).to.deep.equal(['because', ''])
  })

  it('goes on after a kind of message that it does not know', () => {
    const { receive, output } = client()
    receive({ type: 'news_from_the_future' })
    receive({ sequence: 0 })
    expect(output).to.deep.equal(['x'])
  })

  describe('refuses', () => {
    it('output in the middle of a handshake', () => {
      const { agent } = client()
      agent(PayloadType.handshakeRequest, handshake)
      expect(() => agent(PayloadType.output, 'too early')).to.throw(Failure)
    })
    it('a second handshake', () => {
      const { agent } = client()
      agent(PayloadType.handshakeRequest, handshake)
      expect(() => agent(PayloadType.handshakeRequest, handshake)).to.throw(Failure)
    })
    it('a challenge without encryption', () => {
      const { agent } = client()
      expect(() => agent(PayloadType.challengeRequest, '{}')).to.throw(Failure)
    })
    it('an acknowledgement of nothing', () => {
      const { receive } = client()
      expect(() => receive({ type: MessageType.acknowledge, payload: Buffer.from('{}') })).to.throw(Failure)
    })
  })
})
