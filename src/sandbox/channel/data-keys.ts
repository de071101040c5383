import { randomBytes } from 'node:crypto'
import type { DataKey } from '../../lib/aws/kms.ts'

/** The part of KMS that sessions use: data keys, each bound to its encryption context. */
export class DataKeys {
  readonly #keys = new Map<string, { readonly plaintext: Buffer; readonly context: string }>()

  generate(keyId: string, context: Readonly<Record<string, string>>, bytes: number): DataKey {
    const plaintext = randomBytes(bytes)
    const ciphertext = Buffer.concat([Buffer.from(`${keyId}:`), randomBytes(32)])
    this.#keys.set(ciphertext.toString('base64'), { plaintext, context: canonical(context) })
    return { plaintext, ciphertext }
  }

  /** Undefined where the ciphertext is none of ours, or was made for another context. */
  decrypt(ciphertext: Buffer, context: Readonly<Record<string, string>>): Buffer | undefined {
    const known = this.#keys.get(ciphertext.toString('base64'))
    return known?.context === canonical(context) ? known.plaintext : undefined
  }
}

const canonical = (context: Readonly<Record<string, string>>): string =>
  JSON.stringify(Object.entries(context).sort(([a], [b]) => (a < b ? -1 : 1)))
