import { type Failure, isFailure } from '../../engine/failure.ts'

/** What a read came to, or the failure that it ended with: for checks that judge the failure itself. */
export async function outcome<T>(read: Promise<T>): Promise<T | Failure> {
  try {
    return await read
  } catch (error) {
    if (isFailure(error)) return error
    throw error
  }
}
