import { expect } from 'chai'
import type { RunRecord } from '../../../src/lib/checks/run-record.ts'
import type { StepState } from '../../../src/lib/engine/run.ts'
import { scenesOf } from '../../../src/lib/report/arrows.ts'
import { costsOf, totalText } from '../../../src/lib/report/costs.ts'
import type { Facts } from '../../../src/lib/report/facts.ts'
import { htmlPage } from '../../../src/lib/report/html.ts'
import { markdownReport } from '../../../src/lib/report/markdown.ts'
import { headlines, picturesOf, reportOf } from '../../../src/lib/report/report.ts'
import { smallPicture } from '../../../src/lib/report/small.ts'
import { svgFile } from '../../../src/lib/report/svg.ts'
import { linesOf, widthOf } from '../../../src/lib/report/text.ts'
import { settings } from '../../support/settings.ts'
import { resultFor } from '../checks/results.ts'
import {
  ecsFacts,
  everyVerdict,
  healthy,
  manyServices,
  nothing,
  runOf,
  service,
  topology,
  unreachable,
} from './world.ts'

const STEPS: readonly StepState[] = [
  { id: 'cluster', title: 'EKS cluster', state: 'ready', plan: { changes: [], present: [] } },
  {
    id: 'ecs',
    title: 'ECS services',
    state: 'drifted',
    plan: { changes: [{ action: 'update', kind: 'ecs-service', name: 'a<b>', reason: 'image differs' }], present: [] },
  },
  { id: 'enroll', title: 'Enrolment', state: 'unknown', error: new Error('no <credentials>') },
]

const report = (facts: Facts = healthy(), run: RunRecord | null = everyVerdict()) =>
  reportOf({
    settings: settings(),
    topology: topology(facts),
    run: run ?? undefined,
    steps: STEPS,
    version: '9.9.9',
    madeAt: new Date('2026-01-02T04:00:00Z'),
  })

const HOSTILE = `</title></style><script>alert(1)</script>"'&\u0007|x`
const hostile = () =>
  report(
    healthy({ ecs: ecsFacts([service(HOSTILE)], []), eks: { error: HOSTILE } }),
    runOf(
      [
        resultFor('baseline/eks-to-eks', {
          from: HOSTILE,
          to: HOSTILE,
          request: HOSTILE,
          evidence: { why: HOSTILE, at: HOSTILE },
        }),
      ],
      { aborted: HOSTILE },
    ),
  )

/** Every element is closed in its turn, and no text holds a bare sign. */
function expectWellFormed(xml: string): void {
  const open: string[] = []
  for (const [, close, name = '', rest = ''] of xml.matchAll(
    /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+="[^"<]*")*\s*\/?)>/g,
  )) {
    if (close) expect(open.pop()).to.equal(name)
    else if (!rest.endsWith('/')) open.push(name)
  }
  expect(open).to.deep.equal([])
  const bare = xml.replace(/<\/?[a-zA-Z][\w-]*(?:\s+[\w:-]+="[^"<]*")*\s*\/?>/g, '')
  expect(bare).not.to.match(/[<]/)
  expect(bare).not.to.match(/&(?!amp;|lt;|gt;|quot;|apos;)/)
}

describe('the SVG', () => {
  const svg = (of = report()) => svgFile(picturesOf(of), of.title)

  it('is well-formed, titled and described', () => {
    expectWellFormed(svg())
    expect(svg()).to.match(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"/)
    expect(svg()).to.include('<title id="title">Ambient mesh of ambient-ecs</title>')
    expect(svg()).to.include('eks-shell to eks-echo: allowed.')
    expect(svg()).to.include('prefers-color-scheme:dark')
  })

  it('tells the verdicts apart without colours: each line has a pattern, each label a sign and the word', () => {
    const text = svg()
    const patterns = ['denied-l4', 'denied-l7', 'unreachable', 'broken'].map(
      kind => new RegExp(`\\.line\\.k-${kind}\\{[^}]*stroke-dasharray:([^;}]+)`).exec(text)?.[1],
    )
    expect(new Set(patterns).size).to.equal(4)
    for (const kind of ['allowed', 'denied-l4', 'denied-l7', 'unreachable', 'broken']) {
      expect(text).to.match(new RegExp(`class="label k-${kind}[^>]*>.*class="sign".*${kind}`))
    }
  })

  it('escapes whatever it is told', () => {
    expectWellFormed(svg(hostile()))
    expect(svg(hostile())).not.to.include('<script')
  })
})

describe('the page', () => {
  it('needs nothing else: no address, no script', () => {
    const page = htmlPage(report())
    expect(page).not.to.match(/<(script|link|img|iframe|object)\b|src=|@import|url\(/)
    expect(page.replaceAll('http://www.w3.org/2000/svg', '')).not.to.match(/(href|src)="https?:/)
    expect(page).to.include("default-src 'none'")
  })

  it('escapes whatever it is told', () => {
    const page = htmlPage(hostile())
    expect(page).not.to.include('<script')
    expect(page).not.to.include('\u0007')
    expect(page.match(/<title>/g)?.length, 'titles within pictures only').to.be.at.least(1)
    expect(page).to.include('&lt;script&gt;alert(1)&lt;/script&gt;&quot;&apos;&amp;|x')
  })

  it('has each id once', () => {
    const ids = [...htmlPage(report()).matchAll(/ id="([^"]+)"/g)].map(([, id]) => id)
    expect(new Set(ids).size).to.equal(ids.length)
  })

  it('shows the matrix, the evidence, the steps with what they have to do, versions and costs', () => {
    const page = htmlPage(report())
    expect(page).to.include('expected denied-l4, came to unreachable')
    expect(page).to.include('~ ecs-service a&lt;b&gt; (image differs)')
    expect(page).to.include('no &lt;credentials&gt;')
    expect(page).to.include('9.9.9')
    expect(page).to.include('>$0.10<').and.include('>$0.29<')
    expect(page).to.include('datetime="2026-01-02T03:04:05.000Z"')
  })

  it('of nothing says so, and how to build it', () => {
    const page = htmlPage(report(nothing, null))
    expect(page).to.include('Nothing is deployed')
    expect(page).to.include('ecs-ambient up')
    expect(page).to.include('No run of checks is known')
  })

  it('puts many targets one below the other', () => {
    const many = runOf(
      Array.from({ length: 9 }, (_, index) => resultFor(`many/${index}`, { from: 'eks/shell', to: `t${index}` })),
    )
    expect(htmlPage(report(healthy(), many))).to.include('<th scope="col">to</th><th scope="col">from eks/shell</th>')
    expect(htmlPage(report())).to.include('<th scope="col">from</th><th scope="col">to eks/echo</th>')
  })

  it('lists every one of two hundred services', () => {
    const page = htmlPage(report(manyServices(), null))
    const { ecs } = topology(manyServices())
    for (const { name } of ecs.flatMap(({ services }) => services)) expect(page).to.include(`>${name}</th>`)
  })
})

describe('the Markdown', () => {
  it('has the matrix, the evidence and what stands, and takes nothing for markup', () => {
    const text = markdownReport(report())
    expect(text).to.include('| eks/shell | ✅ allowed | ✅ allowed | – |')
    expect(text).to.include('❌ unreachable')
    expect(text).to.include('| echo-service | 1 of 1 | in each task | in the mesh |')
    const cells = markdownReport(hostile())
    expect(cells.replace(/`[^`]*`/g, '')).not.to.match(/(?<!\\)<script/)
    for (const line of cells.split('\n').filter(line => line.startsWith('|'))) expect(line).to.match(/\|$/)
  })

  it('says that nothing is deployed, and that there was no run', () => {
    const text = markdownReport(report(nothing, null))
    expect(text).to.include('Nothing is deployed').and.include('No run of checks is known')
  })
})

describe('the headlines', () => {
  const of = (...given: Parameters<typeof report>) =>
    headlines(report(...given)).map(({ figure, state }) => [figure, state])

  it('count checks, steps and workloads, and say what is wrong', () => {
    expect(of()).to.deep.equal([
      ['6 of 10', 'bad'],
      ['1 of 3', 'bad'],
      ['4 of 4', 'good'],
      ['$0.29', 'neutral'],
    ])
  })

  it('do not take an unknown run for a good one', () => {
    expect(of(healthy(), null)[0]).to.deep.equal(['not run', 'neutral'])
    expect(of(healthy(), runOf([resultFor('baseline/eks-to-eks')], { aborted: 'x' }))[0]?.[1]).to.equal('bad')
  })
})

describe('the costs', () => {
  it('are those of what stands', () => {
    const { items, hourly, unknown } = costsOf(topology())
    expect(items.map(({ what, count }) => [what, count])).to.deep.equal([
      ['EKS control plane', 1],
      ['EKS nodes', 2],
      ['NAT gateways', 1],
      ['Load balancer of the east-west gateway', 1],
      ['Fargate tasks', 2],
    ])
    expect(hourly).to.be.closeTo(0.2874, 0.0001)
    expect(unknown).to.deep.equal([])
  })

  it('are none of nothing, and at least what is known where something is not', () => {
    expect(costsOf(topology(nothing))).to.deep.equal({ items: [], hourly: 0, unknown: [] })
    expect(costsOf(topology(unreachable)).unknown).to.deep.equal(['the EKS cluster', 'ECS cluster ecs-ambient-ecs'])
    expect(totalText(costsOf(topology(healthy({ kubernetes: { error: 'x' } }))))).to.match(/^at least \$0\.17$/)
  })
})

describe('the scenes', () => {
  it('name the methods only where a suite uses several, and join what came to the same', () => {
    const run = runOf([
      resultFor('post-only/a', { from: 'eks/shell', to: 'ecs/echo', request: 'curl x', verdict: 'denied-l7' }),
      resultFor('post-only/b', { from: 'eks/shell', to: 'ecs/echo', request: 'curl -X POST x' }),
      resultFor('post-only/c', { from: 'eks/shell', to: 'ecs/echo', request: 'curl -X PUT x' }),
      resultFor('baseline/eks-to-ecs'),
    ])
    const [postOnly, baseline] = scenesOf(topology(), run)
    expect(postOnly?.arrows.map(({ verdict, methods }) => [verdict, ...methods])).to.deep.equal([
      ['denied-l7', 'GET'],
      ['allowed', 'POST', 'PUT'],
    ])
    expect(postOnly?.subtitle).to.equal('Under post-only, through the waypoint.')
    expect(baseline?.arrows[0]).to.deep.include({
      from: 'pod default/eks-shell',
      to: 'task ecs-ambient-ecs/echo-service',
      methods: [],
    })
  })
})

describe('the small picture', () => {
  const lines = (facts: Facts, unicode = true, columns = 60) => smallPicture(topology(facts), { columns, unicode })

  it('shows either side and who is in the mesh', () => {
    expect(lines(healthy())).to.deep.equal([
      'EKS cluster ambient-ecs (Kubernetes 1.33, 2 nodes, Istio',
      '│  1.24.1)',
      '├─ istio-system',
      '│  ├─ istiod 1/1',
      '│  └─ east-west eastwest: lb.example.com',
      '├─ default (ambient)',
      '│  ├─ ● eks-shell: 1 of 1 pod',
      '│  └─ ● eks-echo: 1 of 1 pod',
      '└─ ecs (ambient)',
      '   ║ HBONE, port 15008',
      'ECS cluster ecs-ambient-ecs',
      '├─ ● echo-service: 1 of 1 task, ztunnel',
      '└─ ● shell-task: 1 of 1 task, ztunnel',
      '● in the mesh  ○ not in the mesh  ? not known',
    ])
  })

  it('fits into sixty columns, also of plain ASCII, whatever stands', () => {
    for (const facts of [healthy(), nothing, unreachable, manyServices()]) {
      const plain = lines(facts, false)
      expect(plain.join('')).to.match(/^[\x20-\x7e]*$/)
      expect(plain.length).to.be.below(40)
      for (const line of plain.filter(line => !line.includes('very-long'))) expect(line.length, line).to.be.at.most(60)
    }
  })
})

describe('the width of texts', () => {
  it('breaks lines within the width, at good places first, and loses nothing', () => {
    for (const text of [
      'short',
      'a few words in a row',
      'x'.repeat(300),
      'name-of-a-service/that.is-long',
      '日本語'.repeat(20),
    ]) {
      const lines = linesOf(text, 120, 11)
      for (const line of lines) expect(widthOf(line, 11), line).to.be.at.most(120)
      expect(lines.join('').replaceAll(' ', '')).to.equal(text.replaceAll(' ', ''))
    }
    expect(linesOf('orders-very-long-service', 90, 11)[0]).to.match(/-$/)
  })
})
