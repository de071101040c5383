import { type Fields, fieldsOf } from '../objects.ts'

/**
 * A set of paths into an object, in the notation of `fieldsV1`: `f:name` is a field, `k:{…}` the list item with these
 * keys, `v:…` the item of a set. Never changed once it is built.
 */
export class FieldSet {
  /** Whether the path that leads here is itself in the set. */
  readonly member: boolean
  readonly children: ReadonlyMap<string, FieldSet>

  constructor(member = false, children: ReadonlyMap<string, FieldSet> = new Map()) {
    this.member = member
    this.children = children
  }

  static readonly empty = new FieldSet()

  static of(paths: Iterable<readonly string[]>): FieldSet {
    let set = FieldSet.empty
    for (const path of paths) set = set.with(path)
    return set
  }

  static fromJson(fields: Fields): FieldSet {
    const children = new Map<string, FieldSet>()
    for (const [element, below] of Object.entries(fields)) {
      if (element === '.') continue
      const child = FieldSet.fromJson(fieldsOf(below))
      // `{}` is a member without anything below it.
      children.set(element, child.isEmpty ? new FieldSet(true) : child)
    }
    return new FieldSet('.' in fields, children)
  }

  toJson(): Fields {
    const json: Fields = {}
    if (this.member && this.children.size > 0) json['.'] = {}
    for (const element of [...this.children.keys()].sort()) json[element] = this.children.get(element)?.toJson()
    return json
  }

  get isEmpty(): boolean {
    return !this.member && this.children.size === 0
  }

  at(element: string): FieldSet {
    return this.children.get(element) ?? FieldSet.empty
  }

  has(path: readonly string[]): boolean {
    return path.reduce<FieldSet>((set, element) => set.at(element), this).member
  }

  with(path: readonly string[]): FieldSet {
    const [element, ...rest] = path
    if (element === undefined) return this.member ? this : new FieldSet(true, this.children)
    return new FieldSet(this.member, new Map(this.children).set(element, this.at(element).with(rest)))
  }

  union(other: FieldSet): FieldSet {
    return this.#combine(other, (mine, theirs) => mine || theirs)
  }

  intersection(other: FieldSet): FieldSet {
    return this.#combine(other, (mine, theirs) => mine && theirs)
  }

  /** The paths that are not in `other`; a path below one of `other`'s stays. */
  difference(other: FieldSet): FieldSet {
    return this.#combine(other, (mine, theirs) => mine && !theirs)
  }

  /** Only what lies at or below a path of `other`. */
  below(other: FieldSet): FieldSet {
    if (other.member) return this
    return this.#mapChildren((child, element) => child.below(other.at(element)), false)
  }

  /** Only what lies neither at nor below a path of `other`. */
  outside(other: FieldSet): FieldSet {
    if (other.member) return FieldSet.empty
    return this.#mapChildren((child, element) => child.outside(other.at(element)), this.member)
  }

  equals(other: FieldSet): boolean {
    return this.difference(other).isEmpty && other.difference(this).isEmpty
  }

  *paths(prefix: readonly string[] = []): Generator<readonly string[]> {
    if (this.member) yield prefix
    for (const [element, child] of this.children) yield* child.paths([...prefix, element])
  }

  #combine(other: FieldSet, keep: (mine: boolean, theirs: boolean) => boolean): FieldSet {
    const children = new Map<string, FieldSet>()
    for (const element of new Set([...this.children.keys(), ...other.children.keys()])) {
      const child = this.at(element).#combine(other.at(element), keep)
      if (!child.isEmpty) children.set(element, child)
    }
    return new FieldSet(keep(this.member, other.member), children)
  }

  #mapChildren(map: (child: FieldSet, element: string) => FieldSet, member: boolean): FieldSet {
    const children = new Map<string, FieldSet>()
    for (const [element, child] of this.children) {
      const mapped = map(child, element)
      if (!mapped.isEmpty) children.set(element, mapped)
    }
    return new FieldSet(member, children)
  }
}

/** `.spec.containers[name="app"].image`, as conflict messages write a path. */
export function printPath(path: readonly string[]): string {
  return path.map(printElement).join('')
}

function printElement(element: string): string {
  const value = element.slice(2)
  if (element.startsWith('f:')) return `.${value}`
  if (element.startsWith('v:')) return `[=${value}]`
  const keys = Object.entries(fieldsOf(JSON.parse(value))).map(([name, key]) => `${name}=${JSON.stringify(key)}`)
  return `[${keys.join(',')}]`
}
