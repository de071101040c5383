import type { KMS } from '@aws-sdk/client-kms'
import { AwsService } from './service.ts'

/** A new key, in the clear and encrypted under a KMS key. The former is a secret. */
export interface DataKey {
  readonly plaintext: Buffer
  readonly ciphertext: Buffer
}

export class KmsReader extends AwsService<KMS> {
  /** Needs kms:GenerateDataKey on the key. The same context is needed to decrypt it again. */
  async generateDataKey(keyId: string, context: Readonly<Record<string, string>>, bytes: number): Promise<DataKey> {
    const answer = await (await this.sdk()).generateDataKey({
      KeyId: keyId,
      NumberOfBytes: bytes,
      EncryptionContext: { ...context },
    })
    return { plaintext: Buffer.from(answer.Plaintext ?? []), ciphertext: Buffer.from(answer.CiphertextBlob ?? []) }
  }
}
