import { type Check, counted, failed, ok, some } from '../../check.ts'

export interface ServicesSeen {
  /** What the configuration says. */
  readonly wanted: readonly string[]
  readonly services: readonly {
    readonly name: string
    readonly desired: number
    readonly running: number
    /** The newest thing that the service said. */
    readonly event: string | undefined
  }[]
}

export const tasksRunning: Check<ServicesSeen> = {
  code: 'EA1453',
  area: 'ecs-exec',
  title: 'The services have their tasks running',
  when: 'after',
  read: async ({ settings, ecs }) => ({
    wanted: settings.ecsClusters.flatMap(({ services }) => services.map(({ name }) => name)),
    services: (await ecs.found()).map(({ name, service }) => ({
      name,
      desired: service.desiredCount ?? 0,
      running: service.runningCount ?? 0,
      event: service.events?.[0]?.message,
    })),
  }),
  judge: ({ wanted, services }) => {
    const missing = wanted.filter(name => !services.some(service => service.name === name))
    if (missing.length > 0) return failed(`there is no ECS service ${some(missing)}`, 'ecs-ambient ecs deploy')
    const lagging = services.filter(({ desired, running }) => running < desired || desired === 0)
    const [first] = lagging
    if (first === undefined)
      return ok(
        counted(
          services.reduce((sum, { running }) => sum + running, 0),
          'task',
        ),
      )
    const counts = lagging.map(({ name, desired, running }) => `${name}: ${running} of ${desired}`)
    return failed([some(counts), first.event].filter(Boolean).join('; '), 'ecs-ambient ecs deploy')
  },
}
