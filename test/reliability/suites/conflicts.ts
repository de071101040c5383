import { isFailure } from '../../../src/lib/engine/failure.ts'
import { casesSuite } from '../support/cases.ts'
import { expectConverged } from '../support/expect.ts'
import { inWorld, told, type World } from '../support/world.ts'

type Store = NonNullable<ReturnType<World['sandbox']['kubernetes']['get']>>['store']

interface Rival {
  /** The call of ours before which somebody else writes, so that nothing was to be seen of it when we looked. */
  readonly before: RegExp
  /** Their write, and what must then stay as it is. */
  write(store: Store): void
  theirs(store: Store): unknown
  /** How the next run gets on: by --adopt, or once what was in the way has gone. */
  readonly adopt?: boolean
  remove?(store: Store): void
}

const BY = { manager: 'somebody-else' }

const RIVALS: Readonly<Record<string, Rival>> = {
  'somebody else sets a label that we are about to set': {
    before: /^core PATCH \/api\/v1\/namespaces\/default #/,
    write: store => {
      store.patch(
        'Namespace',
        'default',
        undefined,
        { metadata: { labels: { 'istio.io/dataplane-mode': 'none' } } },
        BY,
      )
    },
    theirs: store => store.read('Namespace', 'default').metadata.labels?.['istio.io/dataplane-mode'],
    adopt: true,
  },
  'somebody else makes an object that we are about to make': {
    before: /^apps PATCH \S+\/deployments\/eks-shell #/,
    write: store => {
      const labels = { app: 'theirs' }
      store.create(
        {
          apiVersion: 'apps/v1',
          kind: 'Deployment',
          metadata: { name: 'eks-shell', namespace: 'default' },
          spec: {
            replicas: 3,
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { containers: [{ name: 'theirs', image: 'theirs' }] } },
          },
        },
        BY,
      )
    },
    theirs: store => store.read('Deployment', 'eks-shell', 'default').spec,
    remove: store => store.delete('Deployment', 'eks-shell', 'default'),
  },
}

/** Somebody else's field is not overwritten: the run ends with FIELD_CONFLICT, nothing of theirs is lost, we go on. */
export const conflicts = casesSuite(
  'conflicts',
  8,
  Object.fromEntries(
    Object.entries(RIVALS).map(([name, { before, write, theirs, adopt = false, remove }]) => [
      name,
      undisturbed =>
        inWorld(async world => {
          let written: unknown
          const store = (): Store => {
            const cluster = world.sandbox.kubernetes.get('ambient-ecs', 'us-east-1')
            if (cluster === undefined) throw new Error('there is no cluster')
            return cluster.store
          }
          world.decide(key => {
            if (written !== undefined || !before.test(key)) return undefined
            write(store())
            written = theirs(store())
            return undefined
          })
          const { errors } = await world.run('up')
          world.calm()
          if (written === undefined) throw new Error('that call was not made')
          const final = errors.some(error => isFailure(error) && error.code === 'FIELD_CONFLICT' && error.exit === 2)
          if (!final) throw new Error(`it did not end with FIELD_CONFLICT: ${errors.map(told).join('; ')}`)
          if (JSON.stringify(theirs(store())) !== JSON.stringify(written)) throw new Error('their fields were changed')
          remove?.(store())
          await world.must('up', { flags: { adopt } })
          await expectConverged(world, 'up', undisturbed)
          return { 'conflicts that ended a run': 1 }
        }),
    ]),
  ),
  { kind: 'conflict of field managers' },
)
