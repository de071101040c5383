import type { OperationSchema } from './service.ts'

/**
 * Runs an operation once for each idempotency token: the same request again, such as a client sends that did not hear
 * the answer, gets the same answer.
 */
export async function once(
  { name, input: schema }: OperationSchema,
  input: unknown,
  answers: Map<string, unknown>,
  run: () => unknown,
): Promise<unknown> {
  const [member] = [...schema.structIterator()].find(([, member]) => member.isIdempotencyToken()) ?? []
  const token = member && (input as Record<string, unknown>)[member]
  if (token === undefined) return run()
  const key = `${schema.getName(true)} ${name} ${token}`
  if (!answers.has(key)) answers.set(key, await run())
  return answers.get(key)
}
