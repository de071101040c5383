import { expect } from 'chai'
import { Failure } from '../../../src/lib/engine/failure.ts'
import { decodeFrame, encodeFrame, type Frame, MAX_PAYLOAD } from '../../../src/lib/exec/frame.ts'
import { seeded } from '../../../src/sandbox/channel/behaviour.ts'

const GOLDEN =
  '00000074696e7075745f73747265616d5f64617461202020202020202020202020202020000000010000018bcfe5680000000000000000000000000000000000' +
  '8899aabbccddeeff0011223344556677d53ca1ea7dce87c11432052a8550ed2615cf715ca843c89710ed83325b691cba00000003000000157b22636f6c73223a38302c22726f7773223a32347d'

const frame: Frame = {
  type: 'input_stream_data',
  created: 1_700_000_000_000,
  sequence: 0,
  flags: 0,
  id: '00112233-4455-6677-8899-aabbccddeeff',
  payloadType: 3,
  payload: Buffer.from('{"cols":80,"rows":24}'),
}

const golden = () => Buffer.from(GOLDEN, 'hex')

/** The golden frame with some bytes of it changed. */
function damaged(change: (bytes: Buffer) => Buffer | undefined): Buffer {
  const bytes = golden()
  return change(bytes) ?? bytes
}

const refusal = (bytes: Buffer): Failure => {
  try {
    decodeFrame(bytes)
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('the frame was accepted')
}

describe('data channel frames', () => {
  it('encodes the golden vector', () => {
    expect(encodeFrame(frame).toString('hex')).to.equal(GOLDEN)
  })

  it('decodes the golden vector', () => {
    expect(decodeFrame(golden())).to.deep.equal(frame)
  })

  it('gives back whatever it encoded', () => {
    const odd = {
      ...frame,
      type: 'acknowledge',
      sequence: 2 ** 50,
      flags: 3,
      payloadType: 12,
      payload: Buffer.alloc(0),
    }
    expect(decodeFrame(encodeFrame(odd))).to.deep.equal(odd)
  })

  it('trims NULs and spaces on either side of the type', () => {
    const bytes = damaged(b => void b.fill(0, 4, 36).write('output_stream_data', 18, 'latin1'))
    expect(decodeFrame(bytes).type).to.equal('output_stream_data')
  })

  it('reads the payload length where a longer header puts it', () => {
    const bytes = golden()
    const longer = Buffer.concat([bytes.subarray(0, 116), Buffer.alloc(8), bytes.subarray(116)])
    longer.writeUInt32BE(124, 0)
    expect(decodeFrame(longer)).to.deep.equal(frame)
  })

  it('does not ask for a digest where there is no payload', () => {
    const bytes = encodeFrame({ ...frame, type: 'pause_publication', payload: Buffer.alloc(0) })
    bytes.fill(0, 80, 112)
    expect(decodeFrame(bytes).type).to.equal('pause_publication')
  })

  it('copies the payload out of the bytes it was read from', () => {
    const bytes = golden()
    const { payload } = decodeFrame(bytes)
    bytes.fill(0)
    expect(payload.toString()).to.equal('{"cols":80,"rows":24}')
  })

  const refused: Readonly<Record<string, Buffer>> = {
    'an empty frame': Buffer.alloc(0),
    'half a header': golden().subarray(0, 60),
    'a header without its payload': golden().subarray(0, 120),
    'a payload that is cut': golden().subarray(0, 140),
    'a byte too many': Buffer.concat([golden(), Buffer.of(0)]),
    'a header length of 0': damaged(b => void b.writeUInt32BE(0, 0)),
    'a header length of 4 GB': damaged(b => void b.writeUInt32BE(0xffffffff, 0)),
    'a payload length of 4 GB': damaged(b => void b.writeUInt32BE(0xffffffff, 116)),
    'a payload over the limit': encodeFrame({ ...frame, payload: Buffer.alloc(MAX_PAYLOAD + 1) }),
    'a wrong digest': damaged(b => void b.writeUInt8(0, 80)),
    'a changed payload': damaged(b => void b.writeUInt8(0, 130)),
    'another schema version': damaged(b => void b.writeUInt32BE(2, 36)),
    'a negative sequence number': damaged(b => void b.writeBigInt64BE(-1n, 48)),
    'a sequence number beyond counting': damaged(b => void b.writeBigInt64BE(2n ** 62n, 48)),
  }
  for (const [what, bytes] of Object.entries(refused)) {
    it(`refuses ${what}`, () => {
      expect(refusal(bytes)).to.include({ code: 'EXEC_PROTOCOL', exit: 125 })
    })
  }

  it('meets random and randomly damaged bytes with a Failure or a frame, never with anything else', () => {
    const random = seeded(20)
    for (let i = 0; i < 20_000; i++) {
      const bytes = i % 2 ? golden() : Buffer.from(Array.from({ length: random() * 300 }, () => random() * 256))
      for (let changes = random() * 4; changes > 0 && bytes.length > 0; changes--) {
        bytes.writeUInt8(Math.floor(random() * 256), Math.floor(random() * bytes.length))
      }
      try {
        decodeFrame(bytes)
      } catch (error) {
        expect(error).to.be.instanceOf(Failure)
      }
    }
  })
})
