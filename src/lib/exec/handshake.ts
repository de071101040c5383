import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { DataKey } from '../aws/kms.ts'
import { protocolFailure } from './failures.ts'
import { CLIENT_VERSION, isRecord, jsonOf, text } from './messages.ts'

/** A data key of 64 bytes: a key for each direction. */
export type GenerateDataKey = (keyId: string, context: Readonly<Record<string, string>>) => Promise<DataKey>

/** What the encryption is bound to: both ends must name the same session and target. */
export interface SessionIdentity {
  readonly sessionId: string
  /** `ecs:<cluster>_<task id>_<runtime id>`. */
  readonly targetId: string
}

export interface HandshakeAnswer {
  /** Payload of the HandshakeResponse. */
  readonly response: Buffer
  /** Undefined where no encryption was asked for, or where it failed. */
  readonly cipher: SessionCipher | undefined
  /** What the agent asked for and could not be done, in words. */
  readonly errors: readonly string[]
}

const ActionStatus = { done: 1, failed: 2, unsupported: 3 } as const

interface ProcessedAction {
  readonly ActionType: string
  readonly ActionStatus: number
  readonly ActionResult: Readonly<Record<string, string>> | null
  readonly Error: string
}

/** ECS Exec runs InteractiveCommands; the agent names the stream it carries. */
const SESSION_TYPES = ['Standard_Stream', 'InteractiveCommands']
const KEY_BYTES = 32

/** Answers the agent's HandshakeRequest: what kind of session it is, and whether its data is encrypted with a KMS key. */
export async function answerHandshake(
  payload: Buffer,
  identity: SessionIdentity,
  generateDataKey: GenerateDataKey,
): Promise<HandshakeAnswer> {
  const requested = jsonOf(payload, 'a handshake request').RequestedClientActions
  if (!Array.isArray(requested)) throw protocolFailure('a handshake request without actions')
  const actions: ProcessedAction[] = []
  let cipher: SessionCipher | undefined
  for (const action of requested.filter(isRecord)) {
    const type = text(action.ActionType)
    const parameters = isRecord(action.ActionParameters) ? action.ActionParameters : {}
    if (type === 'SessionType') {
      const sessionType = text(parameters.SessionType)
      actions.push(
        SESSION_TYPES.includes(sessionType) ? done(type) : failed(type, `Unknown session type ${sessionType}`),
      )
    } else if (type === 'KMSEncryption') {
      try {
        const key = await generateDataKey(
          text(parameters.KMSKeyId),
          encryptionContext(identity, text(parameters.Challenge)),
        )
        cipher = SessionCipher.ofClient(key.plaintext)
        actions.push(done(type, { KMSCipherTextKey: key.ciphertext.toString('base64') }))
      } catch (error) {
        actions.push(failed(type, error instanceof Error ? error.message : String(error)))
      }
    } else {
      actions.push({ ...failed(type, `Unsupported action ${type}`), ActionStatus: ActionStatus.unsupported })
    }
  }
  const errors = actions.flatMap(action => action.Error || [])
  const response = { ClientVersion: CLIENT_VERSION, ProcessedClientActions: actions, Errors: errors }
  return { response: Buffer.from(JSON.stringify(response)), cipher, errors }
}

const done = (type: string, result: ProcessedAction['ActionResult'] = null): ProcessedAction => ({
  ActionType: type,
  ActionStatus: ActionStatus.done,
  ActionResult: result,
  Error: '',
})

const failed = (type: string, error: string): ProcessedAction => ({
  ActionType: type,
  ActionStatus: ActionStatus.failed,
  ActionResult: null,
  Error: error,
})

export const encryptionContext = ({ sessionId, targetId }: SessionIdentity, challenge: string) => ({
  'aws:ssm:SessionId': sessionId,
  'aws:ssm:TargetId': targetId,
  ...(challenge === '' ? {} : { 'aws:ssm:RandomChallenge': challenge }),
})

/** Proves that both ends hold the key: decrypts what the agent sent and encrypts it again. */
export function answerChallenge(payload: Buffer, cipher: SessionCipher): Buffer {
  const challenge = Buffer.from(text(jsonOf(payload, 'an encryption challenge').Challenge), 'base64')
  const answer = cipher.encrypt(cipher.decrypt(challenge))
  return Buffer.from(JSON.stringify({ Challenge: answer.toString('base64') }))
}

const NONCE = 12
const TAG = 16
const ALGORITHM = 'aes-256-gcm'

/** AES-256-GCM with a random nonce in front and the tag at the end; one key for each direction. */
export class SessionCipher {
  readonly #encryptionKey: Buffer
  readonly #decryptionKey: Buffer

  private constructor(encryptionKey: Buffer, decryptionKey: Buffer) {
    this.#encryptionKey = encryptionKey
    this.#decryptionKey = decryptionKey
  }

  /** @throws Error where the data key has not exactly two keys in it */
  static ofClient(dataKey: Buffer): SessionCipher {
    const [first, second] = halves(dataKey)
    return new SessionCipher(second, first)
  }

  /** The agent's end: what the client encrypts with, it decrypts with. */
  static ofAgent(dataKey: Buffer): SessionCipher {
    const [first, second] = halves(dataKey)
    return new SessionCipher(first, second)
  }

  encrypt(data: Buffer): Buffer {
    const nonce = randomBytes(NONCE)
    const cipher = createCipheriv(ALGORITHM, this.#encryptionKey, nonce)
    return Buffer.concat([nonce, cipher.update(data), cipher.final(), cipher.getAuthTag()])
  }

  /** @throws Failure `EXEC_PROTOCOL` where it was not encrypted with this session's key, or was changed since */
  decrypt(data: Buffer): Buffer {
    if (data.length < NONCE + TAG) throw protocolFailure('encrypted data too short to be any')
    const cipher = createDecipheriv(ALGORITHM, this.#decryptionKey, data.subarray(0, NONCE))
    cipher.setAuthTag(data.subarray(-TAG))
    try {
      return Buffer.concat([cipher.update(data.subarray(NONCE, -TAG)), cipher.final()])
    } catch {
      throw protocolFailure("data that this session's key does not decrypt")
    }
  }
}

function halves(dataKey: Buffer): readonly [Buffer, Buffer] {
  if (dataKey.length !== 2 * KEY_BYTES) throw new Error(`KMS answered a data key of ${dataKey.length} bytes, not 64`)
  return [dataKey.subarray(0, KEY_BYTES), dataKey.subarray(KEY_BYTES)]
}
