import { awsCode } from './errors.ts'

/** An SDK client that is imported and made when it is first used, once a process. */
export type Lazy<Sdk> = () => Promise<Sdk>

/** What the classes of all services have in common: where they get the SDK client from. */
export abstract class AwsService<Sdk> {
  protected readonly sdk: Lazy<Sdk>

  constructor(sdk: Lazy<Sdk>) {
    this.sdk = sdk
  }
}

/** Undefined where the service answers with one of `codes`, which say that the thing does not exist. */
export async function ifFound<T>(answer: Promise<T>, ...codes: readonly string[]): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (codes.includes(awsCode(error) ?? '')) return undefined
    throw error
  }
}

/** All items of a paginated answer, page after page. */
export async function allPages<Page, Item>(
  page: (token: string | undefined) => Promise<Page>,
  items: (page: Page) => readonly Item[] | undefined,
  next: (page: Page) => string | undefined,
): Promise<Item[]> {
  const found: Item[] = []
  let token: string | undefined
  do {
    const answer = await page(token)
    found.push(...(items(answer) ?? []))
    token = next(answer)
  } while (token)
  return found
}

/** The answers of a service that takes at most `size` names a call, all calls side by side. */
export async function inChunks<Name, T>(
  names: readonly Name[],
  size: number,
  call: (names: Name[]) => Promise<readonly T[]>,
): Promise<T[]> {
  const chunks = Array.from({ length: Math.ceil(names.length / size) }, (_, i) => names.slice(i * size, (i + 1) * size))
  return (await Promise.all(chunks.map(call))).flat()
}
