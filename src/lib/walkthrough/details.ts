import { stringify } from 'yaml'
import { meshProfile } from '../config/mesh-profile.ts'
import type { Settings } from '../config/settings.ts'
import type { Change, Plan } from '../engine/plan.ts'
import { eksctlConfig } from '../steps/cluster/config.ts'
import type { CreateDetail } from '../steps/cluster/decide.ts'
import { wantedDefinition } from '../steps/ecs/task-definitions.ts'
import { type AccountFacts, wantedPolicy, wantedRoles } from '../steps/iam/wanted.ts'
import { istioOperator } from '../steps/istio/operator.ts'
import { addServiceArgs } from '../tools/istioctl.ts'
import { changeLine } from '../ui/words.ts'

/** What a change comes to: the object that is sent, or the command that is run with what it reads. */
interface Exact {
  readonly command?: string
  readonly object?: unknown
}

interface About {
  readonly settings: Settings
  readonly account: AccountFacts
}

type Show = (change: Change, about: About) => Exact | undefined

/** What stands in the place of a secret. */
const HIDDEN = '(not shown)'

/** Of changes whose `detail` is not itself the object: what is sent or run, by step and kind. */
const EXACT: Readonly<Record<string, Show>> = {
  'cluster eks-cluster': ({ detail }, { settings, account }) => ({
    command: 'eksctl create cluster --config-file - --write-kubeconfig=false',
    object: eksctlConfig(settings, detail as CreateDetail, account.partition),
  }),
  'istio istio': ({ name, action }, { settings }) =>
    action === 'delete'
      ? { command: 'istioctl uninstall --purge -y' }
      : { command: 'istioctl install -y -f -', object: istioOperator(hidden(settings), meshProfile(name)) },
  'iam iam-policy': (_, { account }) => {
    const { name, document } = wantedPolicy(account)
    return { command: `iam:CreatePolicy ${name}`, object: JSON.parse(document) }
  },
  'iam iam-role': ({ name }, { account }) => {
    const role = wantedRoles(account).find(role => role.name === name)
    return role && { command: `iam:CreateRole ${name}`, object: JSON.parse(role.trust) }
  },
  'ecs task-definition': ({ name }, { settings, account }) => ({ object: definitionOf(name, settings, account) }),
  'enroll enrolment': ({ detail }, { settings }) => {
    const { ecsCluster, service } = detail as { ecsCluster: string; service: string }
    const cluster = settings.ecsClusters.find(({ name }) => name === ecsCluster)
    const args = cluster && addServiceArgs(service, cluster, meshProfile(settings.istioVersion), settings.profile)
    return args && { command: ['istioctl', ...args].join(' ') }
  },
}

const hidden = (settings: Settings): Settings =>
  settings.license === undefined ? settings : { ...settings, license: HIDDEN }

function definitionOf(family: string, settings: Settings, account: AccountFacts): unknown {
  const [task, execution] = wantedRoles(account).map(({ arn }) => arn)
  const definitions = settings.ecsClusters.flatMap(cluster =>
    cluster.services.map(service =>
      wantedDefinition(settings, cluster, service, { task: task ?? '', execution: execution ?? '' }),
    ),
  )
  return definitions.find(definition => definition.family === family)
}

/** The exact objects and commands behind each change of a step's plan, as lines; never a secret. */
export function detailLines(step: string, plan: Plan, about: About): readonly string[] {
  return plan.changes.flatMap(change => {
    const { command, object } = EXACT[`${step} ${change.kind}`]?.(change, about) ?? { object: change.detail }
    return [
      '',
      changeLine(change),
      ...(command === undefined ? [] : [`  $ ${command}`]),
      ...(object === undefined ? [] : objectLines(object)),
    ]
  })
}

/** Lines of one object; a CRD has thousands, and nobody reads on. */
const MOST = 60

function objectLines(object: unknown): readonly string[] {
  const lines = stringify(object, { lineWidth: 0 })
    .trimEnd()
    .split('\n')
    .map(line => `  ${line}`)
  return lines.length <= MOST ? lines : [...lines.slice(0, MOST), `  (and ${lines.length - MOST} more lines)`]
}
