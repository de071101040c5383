import type { Verdict } from '../checks/check.ts'

/** A picture as data: what is where, in units of one CSS pixel. Whoever draws it decides on nothing but colours. */
export interface Drawing {
  readonly width: number
  readonly height: number
  readonly boxes: readonly Box[]
  readonly texts: readonly Text[]
  readonly lines: readonly Line[]
  readonly labels: readonly Label[]
}

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

/** eks, ecs, outside: frames · section: a namespace · card: a workload or gateway · ghost: what is missing or unknown */
export type BoxKind = 'eks' | 'ecs' | 'outside' | 'section' | 'card' | 'ghost' | 'chip-in' | 'chip-out' | 'chip'

export interface Box extends Rectangle {
  readonly id: string
  readonly kind: BoxKind
  /** The box that it lies in. */
  readonly parent?: string
  /** Everything that is known of it, a line each. */
  readonly about?: string
}

export type Tone = 'heading' | 'strong' | 'plain' | 'quiet' | 'on-chip'

export interface Text {
  /** Of its beginning, or of its middle where it is centred. */
  readonly x: number
  /** Of the baseline. */
  readonly y: number
  readonly size: number
  readonly bold: boolean
  readonly centred?: boolean
  readonly tone: Tone
  readonly text: string
  /** The box that it lies in; undefined: on the ground. */
  readonly box?: string
}

export type LineKind = Verdict | 'control'

/** A way from a workload to another: along the first `y`, down or up at `x`, along the last `y`. */
export interface Line {
  readonly kind: LineKind
  readonly from: Point
  /** Where it turns. */
  readonly x: number
  readonly to: Point
  /** It arrives, and so ends in an arrowhead. */
  readonly arrives: boolean
  readonly about: string
}

export interface Point {
  readonly x: number
  readonly y: number
}

/** The verdict, with its sign, on the line of an arrow. */
export interface Label extends Rectangle {
  readonly kind: LineKind
  readonly text: string
  /** It is not what was expected. */
  readonly wrong: boolean
}
