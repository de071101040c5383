import { expect } from 'chai'
import { scenesOf } from '../../../src/lib/report/arrows.ts'
import type { Box, Drawing, Label, Line, Rectangle } from '../../../src/lib/report/drawing.ts'
import type { Facts } from '../../../src/lib/report/facts.ts'
import { layOut } from '../../../src/lib/report/layout.ts'
import { widthOf } from '../../../src/lib/report/text.ts'
import { resultFor } from '../checks/results.ts'
import {
  ecsFacts,
  everyVerdict,
  healthy,
  kubernetes,
  manyServices,
  namespace,
  nothing,
  PLACES,
  pod,
  runOf,
  service,
  topology,
  unreachable,
} from './world.ts'

/** Two hundred checks, one for each service. */
const manyChecks = () => {
  const services = topology(manyServices()).ecs.flatMap(({ services }) => services)
  const places = services.map(({ name }) => ({
    name: `ecs/${name}`,
    workload: { kind: 'task' as const, cluster: 'ecs-ambient-ecs', service: name, container: 'app' },
  }))
  const checks = services.map(({ name }, index) =>
    resultFor(`many/${index}`, {
      from: 'eks/shell',
      to: `ecs/${name}`,
      verdict: index % 5 === 0 ? 'denied-l4' : 'allowed',
    }),
  )
  return runOf(checks, { places: [...PLACES, ...places] })
}

const crowded = (): Facts =>
  healthy({
    kubernetes: {
      value: kubernetes({
        namespaces: Array.from({ length: 30 }, (_, index) =>
          namespace(`team-${index}`, { 'istio.io/dataplane-mode': 'ambient' }),
        ),
        pods: Array.from({ length: 300 }, (_, index) =>
          pod(`team-${index % 30}`, `app-${index}`, `10.9.${index >> 8}.${index & 255}`),
        ),
        policies: Array.from({ length: 40 }, (_, index) => ({
          apiVersion: 'security.istio.io/v1',
          kind: 'AuthorizationPolicy',
          metadata: { name: `only-${'from-there-'.repeat(index % 9)}${index}`, namespace: `team-${index % 3}` },
        })),
      }),
    },
  })

const longNames = (): Facts =>
  healthy({
    eks: {
      value: { name: 'x', status: 'ACTIVE', version: '1.33', resourcesVpcConfig: { vpcId: `vpc-${'f'.repeat(80)}` } },
    },
    ecs: ecsFacts([service('W'.repeat(255)), service('日本語'.repeat(30)), service('a-b.c/'.repeat(40))], []),
  })

const WORLDS: Readonly<Record<string, () => readonly Drawing[]>> = {
  'a healthy mesh without a run': () => layOut(topology(), []),
  'every verdict': () => layOut(topology(), scenesOf(topology(), everyVerdict())),
  nothing: () => layOut(topology(nothing), []),
  'nothing, with the run of a mesh that is gone': () =>
    layOut(topology(nothing), scenesOf(topology(nothing), everyVerdict())),
  'what cannot be reached': () => layOut(topology(unreachable), []),
  'two hundred services': () => layOut(topology(manyServices()), []),
  'two hundred services, all checked': () =>
    layOut(topology(manyServices()), scenesOf(topology(manyServices()), manyChecks())),
  'thirty namespaces': () => layOut(topology(crowded()), []),
  'very long names': () => layOut(topology(longNames()), []),
}

describe('the layout', () => {
  const overlap = (a: Rectangle, b: Rectangle) =>
    a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
  const inside = (a: Rectangle, b: Rectangle) =>
    a.x >= b.x && a.y >= b.y && a.x + a.width <= b.x + b.width && a.y + a.height <= b.y + b.height
  const textBox = ({ x, y, size, bold, centred, text }: Drawing['texts'][number]): Rectangle => {
    const width = widthOf(text, size, bold)
    return { x: centred ? x - width / 2 : x, y: y - size, width, height: size * 1.25 }
  }
  const pairs = <T>(all: readonly T[]): readonly (readonly [T, T])[] =>
    all.flatMap((a, index) => all.slice(index + 1).map(b => [a, b] as const))

  for (const [world, draw] of Object.entries(WORLDS)) {
    describe(`of ${world}`, () => {
      let drawings: readonly Drawing[]
      before(() => {
        drawings = draw()
      })

      it('keeps every box within its own, and siblings apart', () => {
        for (const { boxes, width, height } of drawings) {
          const byId = new Map(boxes.map(box => [box.id, box]))
          expect(byId.size, 'ids are unique').to.equal(boxes.length)
          for (const box of boxes) {
            const around = box.parent === undefined ? { x: 0, y: 0, width, height } : byId.get(box.parent)
            expect(around && inside(box, around), `${box.id} within ${box.parent}`).to.equal(true)
          }
          for (const [, siblings] of Map.groupBy(boxes, ({ parent }: Box) => parent)) {
            for (const [a, b] of pairs(siblings)) expect(overlap(a, b), `${a.id} over ${b.id}`).to.equal(false)
          }
        }
      })

      it('cuts no text and writes none over another', () => {
        for (const { boxes, texts, width, height } of drawings) {
          const byId = new Map(boxes.map(box => [box.id, box]))
          for (const text of texts) {
            const around = text.box === undefined ? { x: 0, y: 0, width, height } : byId.get(text.box)
            expect(around && inside(textBox(text), around), text.text).to.equal(true)
          }
          for (const [, siblings] of Map.groupBy(texts, ({ box }) => box)) {
            for (const [a, b] of pairs(siblings)) {
              expect(overlap(textBox(a), textBox(b)), `${a.text} over ${b.text}`).to.equal(false)
            }
          }
          // A chip or a card beside a title leaves it room.
          for (const text of texts) {
            for (const other of boxes.filter(({ parent }) => parent !== undefined && parent === text.box)) {
              expect(overlap(textBox(text), other), `${text.text} over ${other.id}`).to.equal(false)
            }
          }
        }
      })

      it('keeps labels apart, within the picture and off the boxes', () => {
        for (const { boxes, labels, width, height } of drawings) {
          for (const label of labels) {
            expect(inside(label, { x: 0, y: 0, width, height }), label.text).to.equal(true)
            for (const box of boxes) expect(overlap(label, box), `${label.text} over ${box.id}`).to.equal(false)
          }
          for (const [a, b] of pairs(labels)) expect(overlap(a, b), `${a.text} over ${b.text}`).to.equal(false)
        }
      })

      it('runs arrows through the channel alone, none along another, none across a label', () => {
        for (const { boxes, lines, labels } of drawings) {
          const arrows = lines.filter(({ about }) => labels.length > 0 && about !== '').slice(0, labels.length)
          for (const line of arrows) {
            const upright: Rectangle = {
              x: line.x - 1,
              y: Math.min(line.from.y, line.to.y),
              width: 2,
              height: Math.abs(line.from.y - line.to.y),
            }
            for (const box of boxes) expect(overlap(upright, box), `${line.about} over ${box.id}`).to.equal(false)
            for (const label of labels)
              expect(overlap(upright, label), `${line.about} over ${label.text}`).to.equal(false)
          }
          const tracks = arrows.map(({ x }) => x)
          expect(new Set(tracks).size, 'every arrow has a track').to.equal(tracks.length)
          expectOwnRows(arrows, labels)
        }
      })
    })
  }

  function expectOwnRows(arrows: readonly Line[], labels: readonly Label[]): void {
    for (const label of labels) {
      const middle = label.y + label.height / 2
      const starts = arrows.filter(
        ({ from, x }) => from.y === middle && Math.min(from.x, x) < label.x && Math.max(from.x, x) > label.x,
      )
      expect(
        starts.map(({ about }) => about),
        `a line through ${label.text}`,
      ).to.deep.equal([])
    }
  }

  it('puts what stands at the same place in every scene', () => {
    const drawings = layOut(topology(), scenesOf(topology(), everyVerdict()))
    const [first, second] = drawings.map(({ boxes }) => boxes.map(({ id, x, width }) => ({ id, x, width })))
    expect(drawings).to.have.length(2)
    expect(second).to.deep.equal(first)
  })

  it('shows a few of two hundred services by themselves, those that were checked first, and counts the others', () => {
    const [drawing] = layOut(topology(manyServices()), scenesOf(topology(manyServices()), manyChecks()))
    const cards = drawing?.boxes.filter(({ kind, parent }) => kind === 'card' && parent === 'ecs ecs-ambient-ecs') ?? []
    expect(cards.length).to.be.at.most(8)
    expect(drawing?.texts.some(({ text }) => text === '196 more')).to.equal(true)
    expect(drawing?.labels.some(({ text }) => /^allowed ×1\d\d$/.test(text))).to.equal(true)
    expect(drawing?.height).to.be.below(1500)
  })

  it('ends what is refused before it arrives, and marks what was not expected', () => {
    const [, mixed] = layOut(topology(), scenesOf(topology(), everyVerdict()))
    const kinds = new Map(mixed?.lines.map(({ kind, arrives }) => [kind, arrives]))
    expect(Object.fromEntries(kinds)).to.deep.equal({
      allowed: true,
      control: true,
      'denied-l4': false,
      'denied-l7': false,
      unreachable: false,
      broken: false,
    })
    const wrong = mixed?.labels.filter(({ wrong }) => wrong).map(({ text }) => text)
    expect(wrong).to.include('unreachable, expected denied-l4')
    expect(wrong).not.to.include('denied-l4')
  })

  it('leads an arrow to what is no longer there', () => {
    const [drawing] = layOut(topology(nothing), scenesOf(topology(nothing), everyVerdict()))
    expect(drawing?.texts.filter(({ text }) => text === 'not there now')).to.have.length(4)
    expect(drawing?.labels).to.have.length(5)
  })
})
