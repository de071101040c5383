/** A pattern in which `*` stands for any characters and `?` for one. */
export function wildcard(pattern: string, flags = ''): RegExp {
  const literal = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`^${literal.replaceAll('*', '.*').replaceAll('?', '.')}$`, `s${flags}`)
}
