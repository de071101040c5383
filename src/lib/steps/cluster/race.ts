import { awsCode } from '../../aws/errors.ts'

/** Another run that makes the same thing at the same time is no failure. */
export async function madeBySomebody<T>(making: Promise<T>): Promise<T | undefined> {
  try {
    return await making
  } catch (error) {
    if (/^(ResourceInUse|EntityAlreadyExists)/.test(awsCode(error) ?? '')) return undefined
    throw error
  }
}
