/**
 * What differs from run to run in a report of the sandbox, replaced by what always stays the same and is as long: the
 * pictures of the documentation change only where the program does.
 */
export function steady(page: string): string {
  const seen = new Map<string, string>()
  const numbered = (text: string, make: (index: number) => string) => {
    const known = seen.get(text) ?? make(seen.size + 10)
    seen.set(text, known)
    return known
  }
  return page
    .replace(/\b192\.168\.\d+\.\d+\b/g, text => numbered(text, index => `192.168.96.${index}`))
    .replace(/\bvpc-[0-9a-f]{17}\b/g, 'vpc-0a1b2c3d4e5f60718')
    .replace(/\b0x7f[0-9a-f]+\b/g, 'lb-istiod.internal')
    .replace(/\b20\d\d-\d\d-\d\d[ T]\d\d:\d\d/g, '2026-03-01 09:30')
    .replace(/, in [\d.]+ s\b/g, ', in 42 s')
}
