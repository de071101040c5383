import type { Settings } from '../../config/settings.ts'
import { decideEnrolment, ENROLMENT } from '../../steps/enroll/decide.ts'
import { addressesOf, notByHbone } from '../../steps/enroll/hbone.ts'
import type { EnrollSeen } from '../../steps/enroll/observe.ts'
import type { MeshWorkload } from '../../tools/istioctl.ts'
import { type AnyCheck, type Check, counted, failed, notApplicable, ok, some } from '../check.ts'
import type { RunningTask } from '../facts/ecs.ts'

export interface EnrolmentSeen {
  readonly settings: Settings
  readonly seen: EnrollSeen
}

/** The step itself says which service would have to be enrolled anew, and why. */
export const enrolledCheck: Check<EnrolmentSeen> = {
  code: 'EA1501',
  area: 'enrolment',
  title: 'Every service is enrolled, for the mesh as it stands',
  when: 'after',
  read: async ({ settings, ecs }) => ({ settings, seen: await ecs.enrolment() }),
  judge: ({ settings, seen }) => {
    const { pending = [], changes } = decideEnrolment(seen, settings, false)
    if (pending.length > 0) return notApplicable(pending.join('; '))
    const stale = changes.filter(({ kind }) => kind === ENROLMENT)
    const names = stale.map(({ name }) => name.split('/').at(-1) ?? name)
    return stale.length === 0
      ? ok(counted(seen.services.length, 'service'))
      : failed(
          some(stale.map(({ reason }, index) => `${names[index]}: ${reason}`)),
          `ecs-ambient ecs enroll ${names.join(' ')}`,
        )
  },
}

export interface MembershipSeen {
  readonly tasks: readonly RunningTask[]
  readonly workloads: readonly MeshWorkload[]
}

export const hboneCheck: Check<MembershipSeen> = {
  code: 'EA1502',
  area: 'enrolment',
  title: 'The mesh knows every task by HBONE',
  when: 'after',
  read: async ({ ecs }) => {
    const [tasks, workloads] = await Promise.all([ecs.tasks(), ecs.workloads()])
    return { tasks, workloads }
  },
  judge: ({ tasks, workloads }) => {
    const strangers = tasks.flatMap(({ label, service, task }) =>
      notByHbone(addressesOf([task]), workloads).map(why => ({ service, why: `${label}: ${why}` })),
    )
    const services = [...new Set(strangers.map(({ service }) => service))]
    return strangers.length === 0
      ? ok(counted(tasks.length, 'task'))
      : failed(some(strangers.map(({ why }) => why)), `ecs-ambient ecs enroll ${services.join(' ')}`)
  },
}

export const enrolmentChecks: readonly AnyCheck[] = [enrolledCheck, hboneCheck]
