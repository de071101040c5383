import { casesSuite } from '../support/cases.ts'
import { expectConverged } from '../support/expect.ts'
import { PASSING } from '../support/fault-kinds.ts'
import { Hold } from '../support/hold.ts'
import type { Undisturbed } from '../support/job.ts'
import { startVictim } from '../support/victim.ts'
import { type Command, inWorld, type World } from '../support/world.ts'

interface Interrupted {
  readonly command: Command
  /** The call during which the signal comes. */
  readonly during: RegExp
  readonly signals: readonly NodeJS.Signals[]
}

const CASES: Readonly<Record<string, Interrupted>> = {
  'Ctrl-C during a call of up': { command: 'up', during: /^logs CreateLogGroup/, signals: ['SIGINT'] },
  'Ctrl-C while eksctl runs': { command: 'up', during: /^eksctl create cluster/, signals: ['SIGINT'] },
  'Ctrl-C while istioctl runs': { command: 'up', during: /^istioctl install/, signals: ['SIGINT'] },
  'Ctrl-C during a wait': { command: 'up', during: /^ecs ListTasks/, signals: ['SIGINT'] },
  'Ctrl-C twice during a call of up': { command: 'up', during: /^ecs CreateService/, signals: ['SIGINT', 'SIGINT'] },
  'SIGTERM during a call of up': { command: 'up', during: /^iam CreateRole/, signals: ['SIGTERM'] },
  'Ctrl-C during a call of cleanup': { command: 'cleanup', during: /^ecs DeleteService/, signals: ['SIGINT'] },
  'Ctrl-C twice during a call of cleanup': {
    command: 'cleanup',
    during: /^iam DeleteRole/,
    signals: ['SIGINT', 'SIGTERM'],
  },
  'SIGHUP during a call of cleanup': { command: 'cleanup', during: /^logs DeleteLogGroup/, signals: ['SIGHUP'] },
}

/** A person, or a pipeline, breaks the command off: it says what exists and how to go on, and going on works. */
export const signals = casesSuite('signals', 6, {
  ...Object.fromEntries(
    Object.entries(CASES).map(([name, interrupted]) => [
      name,
      (undisturbed: Undisturbed) =>
        inWorld(async world => {
          if (interrupted.command === 'cleanup') await world.must('up')
          await interrupt(world, interrupted)
          await world.must(interrupted.command)
          const licences = name.includes('eksctl') ? (['eksctl was broken off'] as const) : []
          await expectConverged(world, interrupted.command, undisturbed, licences)
          return { 'runs interrupted': 1 }
        }),
    ]),
  ),
  'Ctrl-C while AWS is throttling': undisturbed =>
    inWorld(async world => {
      await interruptThrottled(world)
      await world.must('up')
      await expectConverged(world, 'up', undisturbed)
      return { 'runs interrupted': 1 }
    }),
  'a closed stdout': undisturbed =>
    inWorld(async world => {
      const victim = startVictim(world, 'up', { json: false })
      victim.closeStdout()
      const code = await victim.gone
      if (code !== 0) throw new Error(`it exited with ${code}: ${victim.output().slice(-1000)}`)
      await expectConverged(world, 'up', undisturbed)
      return { 'runs interrupted': 1 }
    }),
})

/** @throws Error where it did not end with 130, or did not say what it should */
async function interrupt(world: World, { command, during, signals }: Interrupted): Promise<void> {
  const hold = new Hold()
  let held = false
  world.decide(key => {
    if (held || !during.test(key)) return undefined
    held = true
    return hold.fault('before')
  })
  const victim = startVictim(world, command)
  const early = await Promise.race([victim.gone, hold.reached])
  if (early !== undefined) throw new Error(`it ended with ${early} before its time: ${victim.output().slice(-1000)}`)
  for (const signal of signals) {
    victim.signal(signal)
    await heard(world, victim.output, signals.length)
  }
  if (signals.length === 1) hold.release()
  const code = await victim.gone
  world.calm()
  if (code !== 130) throw new Error(`it exited with ${code}: ${victim.output().slice(-1000)}`)
  if (signals.length > 1) return
  const document = JSON.parse(victim.stdout()) as { ok: boolean; error: { code: string; suggestions: string[] } }
  if (document.ok || document.error.code !== 'INTERRUPTED') throw new Error(`it said ${victim.stdout()}`)
  if (!document.error.suggestions.some(text => /again/.test(text))) throw new Error('it did not say how to go on')
}

/** The pauses between attempts: after the fourth refusal one of up to eight seconds. */
const REFUSALS = 4

/** @throws Error where it did not say what it waits for, or went on with that */
async function interruptThrottled(world: World): Promise<void> {
  let refused = 0
  const enough = Promise.withResolvers<undefined>()
  world.decide((key, call) => {
    if (!key.startsWith('iam CreatePolicy ')) return undefined
    refused += 1
    if (refused === REFUSALS) enough.resolve(undefined)
    return PASSING.throttling?.fault(call)
  })
  const victim = startVictim(world, 'up')
  const early = await Promise.race([victim.gone, enough.promise])
  if (early !== undefined) throw new Error(`it ended with ${early} before its time: ${victim.output().slice(-1000)}`)
  victim.signal('SIGINT')
  const code = await victim.gone
  world.calm()
  if (code !== 130) throw new Error(`it exited with ${code}: ${victim.output().slice(-1000)}`)
  if (!/waiting for AWS to take iam:CreatePolicy again.*Rate exceeded/.test(victim.output()))
    throw new Error(`it did not say what it waits for: ${victim.output().slice(-1000)}`)
  // One more may have been on its way; without an end there would be eight.
  if (refused > REFUSALS + 1) throw new Error(`it tried ${refused - REFUSALS} times more`)
}

/** Until the program has said that it stops, so that a second signal is the second one to it. */
async function heard({ sandbox: { clock } }: World, output: () => string, count: number): Promise<void> {
  if (count === 1) return
  for (let looks = 0; looks < 500 && !output().includes('Stopping'); looks++) await clock.sleep(10_000)
}
