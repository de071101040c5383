import { randomBytes } from 'node:crypto'
import type * as sdk from '@aws-sdk/client-kms'
import { hex, uuid } from '../ids.ts'
import type { Region } from '../region.ts'
import { AwsError } from '../wire/error.ts'
import type { Handlers, ServiceDefinition } from '../wire/service.ts'

export interface Key {
  readonly id: string
  readonly arn: string
  readonly created: Date
}

interface Sealed {
  readonly keyArn: string
  readonly plaintext: Uint8Array
  readonly context: string
}

/** KMS of one region. */
export interface KmsState {
  /** By id. */
  readonly keys: Map<string, Key>
  /** What each ciphertext holds, by its hexadecimal form. */
  readonly sealed: Map<string, Sealed>
}

export const createKmsState = (): KmsState => ({ keys: new Map(), sealed: new Map() })

function addKey({ kms, partition, name, account, clock }: Region): Key {
  const id = uuid()
  const key = { id, arn: `arn:${partition}:kms:${name}:${account}:key/${id}`, created: new Date(clock.now()) }
  kms.keys.set(id, key)
  return key
}

function keyOf({ kms }: Region, reference = ''): Key {
  const key = kms.keys.get(reference.split('/').at(-1) ?? '')
  if (key === undefined) throw new AwsError('NotFoundException', `Key '${reference}' does not exist`)
  return key
}

/** The context in an order of its own, so that equal contexts are equal texts. */
const canonical = (context: Record<string, string> = {}): string => JSON.stringify(Object.entries(context).sort())

const DATA_KEY_BYTES: Readonly<Record<string, number>> = { AES_128: 16, AES_256: 32 }

const shown = ({ account }: Region, { id, arn, created }: Key): sdk.KeyMetadata => ({
  KeyId: id,
  Arn: arn,
  AWSAccountId: account,
  CreationDate: created,
  Enabled: true,
  KeyState: 'Enabled',
  KeyUsage: 'ENCRYPT_DECRYPT',
  KeyManager: 'CUSTOMER',
})

const kmsOperations = {
  CreateKey: (_, { region }) => ({ KeyMetadata: shown(region, addKey(region)) }),

  DescribeKey: ({ KeyId }, { region }) => ({ KeyMetadata: shown(region, keyOf(region, KeyId)) }),

  GenerateDataKey({ KeyId, KeySpec, NumberOfBytes, EncryptionContext }, { region }) {
    const key = keyOf(region, KeyId)
    const bytes = NumberOfBytes ?? DATA_KEY_BYTES[KeySpec ?? '']
    if (bytes === undefined || (NumberOfBytes !== undefined && KeySpec !== undefined))
      throw new AwsError('ValidationException', 'Please specify either number of bytes or key spec.')
    const plaintext = new Uint8Array(randomBytes(bytes))
    const ciphertext = hex(184 * 2)
    region.kms.sealed.set(ciphertext, { keyArn: key.arn, plaintext, context: canonical(EncryptionContext) })
    return { KeyId: key.arn, Plaintext: plaintext, CiphertextBlob: new Uint8Array(Buffer.from(ciphertext, 'hex')) }
  },

  Decrypt({ CiphertextBlob = new Uint8Array(), EncryptionContext }, { region }) {
    const sealed = region.kms.sealed.get(Buffer.from(CiphertextBlob).toString('hex'))
    if (sealed === undefined || sealed.context !== canonical(EncryptionContext))
      throw new AwsError('InvalidCiphertextException', 'The ciphertext or its encryption context is not valid.')
    return { KeyId: sealed.keyArn, Plaintext: sealed.plaintext, EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' as const }
  },
} satisfies Handlers<typeof sdk>

export const kms = {
  signingName: 'kms',
  load: () => import('@aws-sdk/client-kms'),
  client: 'KMSClient',
  missingMember: 'ValidationException',
  operations: kmsOperations,
} satisfies ServiceDefinition
