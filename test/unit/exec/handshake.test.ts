import { randomBytes } from 'node:crypto'
import { expect } from 'chai'
import { Failure } from '../../../src/lib/engine/failure.ts'
import {
  answerChallenge,
  answerHandshake,
  type GenerateDataKey,
  SessionCipher,
} from '../../../src/lib/exec/handshake.ts'

const identity = { sessionId: 'ecs-execute-command-1', targetId: 'ecs:cluster_task_runtime' }
const request = (...actions: readonly object[]) =>
  Buffer.from(JSON.stringify({ AgentVersion: '3.3.0.0', RequestedClientActions: actions }))
const sessionType = (SessionType: string) => ({
  ActionType: 'SessionType',
  ActionParameters: { SessionType, Properties: null },
})
const encryption = (more: object = {}) => ({
  ActionType: 'KMSEncryption',
  ActionParameters: { KMSKeyId: 'alias/exec', ...more },
})

const noKey: GenerateDataKey = () => Promise.reject(new Error('not allowed to do kms:GenerateDataKey'))
const actionsOf = (response: Buffer) => JSON.parse(response.toString()).ProcessedClientActions

const thrown = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    error => error,
  )

describe('the handshake of a session', () => {
  it('accepts the session types of ECS Exec', async () => {
    const { response, cipher, errors } = await answerHandshake(
      request(sessionType('InteractiveCommands')),
      identity,
      noKey,
    )
    expect(actionsOf(response)).to.deep.equal([
      { ActionType: 'SessionType', ActionStatus: 1, ActionResult: null, Error: '' },
    ])
    expect(cipher).to.equal(undefined)
    expect(errors).to.deep.equal([])
  })

  it('fails an unknown session type', async () => {
    const { response, errors } = await answerHandshake(request(sessionType('Port')), identity, noKey)
    expect(actionsOf(response)[0]).to.include({ ActionStatus: 2 })
    expect(errors).to.have.length(1)
  })

  it('says "unsupported" in the status, not in the result', async () => {
    const { response } = await answerHandshake(request({ ActionType: 'Teleport' }), identity, noKey)
    expect(actionsOf(response)[0]).to.include({ ActionStatus: 3, ActionResult: null })
  })

  it('asks KMS for a key of this session and target, with the challenge where there is one', async () => {
    const asked: unknown[] = []
    const generate: GenerateDataKey = async (...question) => {
      asked.push(question)
      return { plaintext: randomBytes(64), ciphertext: Buffer.from('sealed') }
    }
    const context = { 'aws:ssm:SessionId': identity.sessionId, 'aws:ssm:TargetId': identity.targetId }
    const { response, cipher } = await answerHandshake(request(encryption()), identity, generate)
    await answerHandshake(request(encryption({ Challenge: 'c' })), identity, generate)
    expect(asked).to.deep.equal([
      ['alias/exec', context],
      ['alias/exec', { ...context, 'aws:ssm:RandomChallenge': 'c' }],
    ])
    expect(actionsOf(response)[0].ActionResult).to.deep.equal({
      KMSCipherTextKey: Buffer.from('sealed').toString('base64'),
    })
    expect(cipher).not.to.equal(undefined)
  })

  it('tells agent and caller why there is no key', async () => {
    const { response, cipher, errors } = await answerHandshake(request(encryption()), identity, noKey)
    expect(actionsOf(response)[0]).to.include({ ActionStatus: 2, Error: 'not allowed to do kms:GenerateDataKey' })
    expect(errors).to.deep.equal(['not allowed to do kms:GenerateDataKey'])
    expect(cipher).to.equal(undefined)
  })

  it('does not take a key of another length', async () => {
    const short: GenerateDataKey = async () => ({ plaintext: randomBytes(32), ciphertext: Buffer.of(1) })
    expect((await answerHandshake(request(encryption()), identity, short)).errors[0]).to.include('32 bytes')
  })

  for (const payload of ['', 'no json', '[]', '{}', '{"RequestedClientActions":7}']) {
    it(`refuses the request ${JSON.stringify(payload)}`, async () => {
      expect(await thrown(answerHandshake(Buffer.from(payload), identity, noKey))).to.include({ code: 'EXEC_PROTOCOL' })
    })
  }
})

describe('the encryption of a session', () => {
  const key = randomBytes(64)
  const client = SessionCipher.ofClient(key)
  const agent = SessionCipher.ofAgent(key)

  it('is understood at the other end, both ways', () => {
    expect(agent.decrypt(client.encrypt(Buffer.from('in'))).toString()).to.equal('in')
    expect(client.decrypt(agent.encrypt(Buffer.from('out'))).toString()).to.equal('out')
    expect(client.decrypt(agent.encrypt(Buffer.alloc(0)))).to.have.length(0)
  })

  it('has a key for each direction: what the client sent, the client cannot read', () => {
    expect(() => client.decrypt(client.encrypt(Buffer.from('in')))).to.throw(Failure)
  })

  it('decrypts with the first half of the key, as AES-256-GCM with nonce in front and tag behind', () => {
    const sealed = agent.encrypt(Buffer.from('abc'))
    expect(sealed).to.have.length(12 + 3 + 16)
    const other = SessionCipher.ofClient(Buffer.concat([key.subarray(0, 32), randomBytes(32)]))
    expect(other.decrypt(sealed).toString()).to.equal('abc')
  })

  it('answers a challenge with the same text under the other key', () => {
    const challenge = randomBytes(64)
    const payload = Buffer.from(JSON.stringify({ Challenge: agent.encrypt(challenge).toString('base64') }))
    const answer = JSON.parse(answerChallenge(payload, client).toString()).Challenge
    expect(agent.decrypt(Buffer.from(answer, 'base64')).equals(challenge)).to.equal(true)
  })

  it('notices every change', () => {
    const sealed = agent.encrypt(Buffer.from('some text'))
    for (let i = 0; i < sealed.length; i++) {
      const changed = Buffer.from(sealed)
      changed.writeUInt8(changed.readUInt8(i) ^ 1, i)
      expect(() => client.decrypt(changed)).to.throw(Failure)
    }
    expect(() => client.decrypt(sealed.subarray(0, 27))).to.throw(Failure)
  })
})
