import { readFileSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { parse } from 'yaml'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { KEYS, type TerminalOptions, TerminalSession } from '../support/terminal.ts'

const STEPS = 9
const LICENCE = 'licence-that-nobody-may-see'
const SUITES = ['baseline', 'eks-deny', 'ecs-deny', 'post-only']
const QUESTION = /Go on with .*\n[\s\S]*?go on/

/** The walkthrough as a person goes through it, in a pseudo-terminal. */
describe('up in a terminal', function () {
  this.timeout(120_000)
  let sandbox: Sandbox
  let directory: string
  const open: TerminalSession[] = []
  beforeEach(async () => {
    sandbox = await startSandbox({ speed: 400 })
    directory = await mkdtemp(join(tmpdir(), 'ecs-ambient-'))
  })
  afterEach(async () => {
    for (const session of open.splice(0)) session.hangUp()
    await sandbox.close()
    await rm(directory, { recursive: true })
  })

  const start = (args: readonly string[], { env, ...options }: TerminalOptions = {}) => {
    const session = new TerminalSession(args, {
      cwd: directory,
      ...options,
      env: { ...sandbox.environment, ...env },
    })
    open.push(session)
    return session
  }
  const writes = () => sandbox.calls.log.filter(call => call.writes)

  /** Answers what is asked before the first step with what is offered. */
  const begin = async (session: TerminalSession) => {
    await session.see(/Which EKS cluster/)
    session.press(KEYS.enter)
    await session.see(/Which Kubernetes version/)
    session.press(KEYS.enter)
    await session.see(/Save these answers/)
    session.press(KEYS.enter)
  }
  const goThrough = async (session: TerminalSession, steps: number) => {
    for (let step = 0; step < steps; step += 1) {
      await session.see(QUESTION)
      session.press(KEYS.enter)
    }
  }
  const takeTour = async (session: TerminalSession) => {
    await session.see(/Take the tour/)
    session.press(KEYS.down, KEYS.enter)
    for (const suite of SUITES) {
      await session.see(new RegExp(`Run suite ${suite}\\?`))
      session.press(KEYS.enter)
    }
  }
  /** Links, paths and commands may be longer than any narrow terminal, and must stay whole to be copied. */
  const broken = (session: TerminalSession) =>
    session.brokenRows().filter(row => !/https:|KUBECONFIG=|ecs-ambient [a-z]+ /.test(row))

  it('goes through every step and the tour in 80 columns, with details on request', async () => {
    const session = start(['up'], { env: { GLOO_MESH_LICENSE_KEY: LICENCE }, record: 'walkthrough-80' })
    await session.see(/Account 111122223333/)
    await begin(session)
    await session.see(QUESTION)
    session.press(KEYS.down, KEYS.enter)
    await session.see(
      /\$ eksctl create cluster --config-file -[\s\S]*instanceType: t2.medium[\s\S]*Go on with EKS cluster/,
    )
    session.press(KEYS.enter)
    await goThrough(session, STEPS - 1)
    await takeTour(session)
    expect(await session.end()).to.equal(0)
    const text = session.text()
    expect(text.match(/✓ \d of 9 .*: done/g)).to.have.length(STEPS)
    expect(text).to.match(/Look +kubectl get nodes/)
    expect(text).to.match(/Undo +ecs-ambient cluster delete/)
    expect(text).to.match(/costs about \$0\.\d\d an hour/)
    expect(text).to.match(/Before:\n.*\n.*allowed[\s\S]*With eks-deny:\n.*\neks\/shell +✔ denied-l4/)
    expect(text).to.match(/● in the mesh/)
    expect(text).to.match(/With post-only:[\s\S]*denied-l7/)
    expect(broken(session)).to.deep.equal([])
    expect(session.output).not.to.include(LICENCE)
  })

  it('can be left and taken up again, in 60 columns; what is finished is told in one line', async () => {
    const first = start(['up'], { columns: 60, record: 'walkthrough-60-left' })
    await begin(first)
    await goThrough(first, 2)
    await first.see(QUESTION)
    first.press(KEYS.down, KEYS.down, KEYS.down, KEYS.enter)
    expect(await first.end()).to.equal(0)
    expect(first.text()).to.match(/– 3 of 9 Istio in ambient mode: left out \(stopped\s+here\)/)
    expect(first.text()).to.match(/Run the same command again/)

    const second = start(['up', '--cluster-name', 'ambient-ecs'], { columns: 60, record: 'walkthrough-60-taken-up' })
    await second.see(/✓ 1 of 9 EKS cluster: stands already, nothing to do/)
    await goThrough(second, STEPS - 2)
    await takeTour(second)
    expect(await second.end()).to.equal(0)
    expect(second.text().match(/stands already/g)).to.have.length(2)
    expect(second.text().match(/: done/g)).to.have.length(STEPS - 2)
    expect([...broken(first), ...broken(second)]).to.deep.equal([])
  })

  it('asks for what only Solo.io has, and saves the answers with a CI workflow', async () => {
    const session = start(['up', '--cluster-name', 'mine', '--until', 'istio'], { env: { HUB: '', ISTIO_VERSION: '' } })
    await session.see(/Which Kubernetes version/)
    session.press(KEYS.enter)
    await session.see(/Which version of Solo's Istio\? \(1\.24\.1\)/)
    session.press(KEYS.enter)
    await session.see(/Which image registry/)
    session.press('https://wrong', KEYS.enter)
    await session.see(/without https/)
    session.press(KEYS.ctrlU)
    await session.see(/\(from Solo\.io\)\s*$/, { anew: true })
    session.press('\u001b[200~registry.example/istio\nand more\u001b[201~', KEYS.enter)
    await session.see(/Save these answers/)
    session.press(KEYS.down, KEYS.down, KEYS.enter)
    await session.see(QUESTION)
    session.press(KEYS.ctrlC)
    expect(await session.end()).to.equal(130)
    expect(writes()).to.deep.equal([])
    const saved = parse(readFileSync(join(directory, 'ecs-ambient.yaml'), 'utf8'))
    expect(saved).to.include({ clusterName: 'mine', istioVersion: '1.24.1', hub: 'registry.example/istio' })
    const workflow = readFileSync(join(directory, '.github/workflows/ecs-ambient.yaml'), 'utf8')
    expect(workflow).to.include('ecs-ambient up --yes --until istio')
  })

  it('ends with 130 and a consistent state when the terminal is closed in the middle of a question', async () => {
    const session = start(['up', '--cluster-name', 'mine'])
    await session.see(/Which Kubernetes version/)
    session.press(KEYS.enter)
    await session.see(/Save these answers/)
    session.press(KEYS.enter)
    await goThrough(session, 2)
    await session.see(/Step 3 of 9[\s\S]*Go on with/)
    const before = writes().length
    session.hangUp()
    expect(await session.end()).to.equal(130)
    expect(writes()).to.have.length(before)
  })

  it('ends with 130 after Ctrl-C in a question, and says how to go on', async () => {
    const session = start(['up', '--cluster-name', 'mine'])
    await session.see(/Which Kubernetes version/)
    session.press(KEYS.ctrlC)
    expect(await session.end()).to.equal(130)
    expect(session.text()).to.match(/INTERRUPTED/)
  })

  it('shows what is waited for, since when and how long it usually takes, and stops after Ctrl-C', async () => {
    sandbox.calls.fault = ({ operation }) =>
      operation === 'create cluster' ? { kind: 'hold', when: 'after', until: new Promise(() => undefined) } : undefined
    const session = start(['up', '--cluster-name', 'mine'], { columns: 60 })
    await session.see(/Which Kubernetes version/)
    session.press(KEYS.enter)
    await session.see(/Save these answers/)
    session.press(KEYS.enter)
    await session.see(QUESTION)
    session.press(KEYS.enter)
    await session.see(/waiting for eksctl\n +since \d\d:\d\d:\d\d, \d.*, usually 15 min\n +\S/)
    session.press(KEYS.ctrlC)
    expect(await session.end()).to.equal(130)
    expect(session.text()).to.match(
      /Stopping after the call in flight[\s\S]*INTERRUPTED[\s\S]*Go on:\n +ecs-ambient up/,
    )
    // What is to be copied stays in one piece, and the terminal breaks it.
    const copied = /^ {4}(stack|ecs-ambient) /
    expect(broken(session).filter(line => !copied.test(line))).to.deep.equal([])
  })

  it('is not moved by a huge paste', async () => {
    const session = start(['up', '--cluster-name', 'mine'])
    await session.see(/Which Kubernetes version/)
    session.press(KEYS.enter)
    await session.see(/Save these answers/)
    session.press(KEYS.enter)
    await session.see(QUESTION)
    session.press(`\u001b[200~${'go on\r\n'.repeat(50_000)}\u001b[201~`, 'yes\r\nyes\r\n'.repeat(20_000))
    session.press(KEYS.ctrlC)
    expect(await session.end()).to.equal(130)
    expect(writes()).to.deep.equal([])
  })

  it('can be read without UTF-8, without colour, and after the window has become narrower', async () => {
    const session = start(['up', '--cluster-name', 'mine', '--until', 'gateway-api'], {
      env: { LANG: 'C', LC_ALL: 'C', NO_COLOR: '1' },
    })
    await session.see(/Which Kubernetes version/)
    session.press(KEYS.enter)
    await session.see(/Save these answers/)
    session.press(KEYS.enter)
    await session.see(QUESTION)
    session.press(KEYS.enter)
    session.resize(60)
    await session.see(/Step 2 of 2[\s\S]*Go on with/)
    session.press(KEYS.enter)
    expect(await session.end()).to.equal(0)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: whatever is not ASCII
    expect(session.text()).not.to.match(/[^\u0000-\u007f]/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour
    expect(session.output).not.to.match(/\u001b\[3\dm/)
    expect(session.text()).to.match(/\+ 1 of 2 EKS cluster: done/)
  })

  it('asks with numbers in a dumb terminal, and takes words', async () => {
    const session = start(['up', '--cluster-name', 'mine', '--until', 'cluster'], { env: { TERM: 'dumb' } })
    await session.see(/Which Kubernetes version\?[\s\S]*1\) 1\.\d+ \(default\)[\s\S]*Which \[1\]:/)
    session.press('99\n')
    await session.see(/a number from 1 to/)
    session.press('1.3\n')
    await session.see(/"1\.3" may be "1\.\d+ \(default\)" or /)
    session.press('\n')
    await session.see(/Save these answers[\s\S]*Which \[1\]:/)
    session.press('\n')
    await session.see(/Go on with EKS cluster[\s\S]*Which \[1\]:/)
    session.press('1\n2\n3\n')
    await session.see(/one line, please/)
    session.press('maybe\n')
    await session.see(/"maybe" is none of them: a number from 1 to 4, or the first letters of one/)
    session.press('y\n')
    expect(await session.end()).to.equal(0)
    expect(session.text()).to.match(/EKS cluster: done/)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: anything that moves
    expect(session.output).not.to.match(/\u001b/)
  })

  it('asks nothing with --yes, and draws a tree that fits', async () => {
    const session = start(['up', '--yes', '--until', 'namespace'], { columns: 60 })
    expect(await session.end()).to.equal(0)
    expect(session.text()).to.match(/Namespace and service account for ECS \(changed/)
    expect(broken(session)).to.deep.equal([])
  })

  it('tells in plain ASCII lines where no tree can be drawn', async () => {
    const session = start(['up', '--yes', '--until', 'iam'], { env: { LANG: 'C', LC_ALL: 'C', TERM: 'dumb' } })
    expect(await session.end()).to.equal(0)
    expect(session.text()).to.match(/^\d\d:\d\d:\d\d iam: changed in/m)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: whatever is not ASCII, or moves
    expect(session.output).not.to.match(/[^\u0000-\u007f]|\u001b/)
  })

  for (const [how, keys] of [
    ['Enter alone', [KEYS.enter]],
    ['n', ['n', KEYS.enter]],
    ['yes, and back with the arrow', ['yes', KEYS.up, KEYS.enter]],
    ['yes, rubbed out', ['y', '\u007f', 'no', KEYS.enter]],
  ] as const) {
    it(`asks before it deletes, and takes ${how} for no`, async () => {
      const session = start(['iam', 'delete'])
      await session.see(/Delete .*\?[\s\S]*Arrows, or first letters; then Enter/)
      session.press(...keys)
      expect(await session.end()).to.equal(130)
      expect(session.text()).to.include('Nothing has been done')
    })
  }

  it('deletes after yes, and says what it takes where it does not understand', async () => {
    const session = start(['iam', 'delete'])
    await session.see(/Delete .*\?[\s\S]*then Enter/)
    session.press('sure', KEYS.enter)
    await session.see(/"sure" is none of them: a number from 1 to 2, or the first letters of one/, { anew: true })
    session.press('Yes', KEYS.enter)
    expect(await session.end()).to.equal(0)
    expect(session.text()).to.match(/Delete .*\? yes/)
  })

  it('stops, and does not go on, after no', async () => {
    const session = start(['up', '--cluster-name', 'mine', '--until', 'cluster'])
    await session.see(/Which Kubernetes version/)
    session.press(KEYS.enter)
    await session.see(/Save these answers/)
    session.press('n', KEYS.enter)
    await session.see(QUESTION)
    session.press('no', KEYS.enter)
    expect(await session.end()).to.equal(0)
    expect(writes()).to.deep.equal([])
  })
})
