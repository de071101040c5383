import { randomBytes } from 'node:crypto'

export { randomUUID as uuid } from 'node:crypto'

export const hex = (digits: number): string =>
  randomBytes(Math.ceil(digits / 2))
    .toString('hex')
    .slice(0, digits)

/** An id in the form of EC2's: `sg-0123456789abcdef0`. */
export const resourceId = (prefix: string): string => `${prefix}-0${hex(16)}`

const LETTERS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'

/** An id in the form of IAM's: `AROA` and seventeen letters and digits. */
export const iamId = (prefix: string): string =>
  prefix + Array.from(randomBytes(17), byte => LETTERS[byte % LETTERS.length]).join('')
