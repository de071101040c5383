import { parse } from 'yaml'
import { fieldsOf, valueAt } from '../../kubernetes/objects.ts'
import type { ObjectStore } from '../../kubernetes/store/store.ts'
import { type IstioComponent, istioComponents } from '../../manifests/istio.ts'
import { SYSTEM } from '../../mesh/plane.ts'
import { stopIfGone, ToolError } from '../tool.ts'
import { type Action, clusterOf, type Invoked, soloVersion } from './context.ts'

const MANAGER = 'istio-operator'
/** Looks that it takes, a second of the sandbox's time apart: a machine under load slows both the same. */
const READY_LOOKS = 300

export const install: Action = async invoked => {
  const { run, parsed, options } = invoked
  if (!parsed.flags.has('skip-confirmation')) {
    throw new ToolError('the sandbox asks nothing: add -y', 1)
  }
  const spec = operatorSpec(parsed.flags.get('filename') === '-' ? await run.stdin() : '')
  const { store } = (await clusterOf(invoked)).cluster
  const profile = String(spec.profile ?? 'default')
  if (profile !== 'ambient') throw new ToolError(`the sandbox knows the profile ambient only, not ${profile}`)
  const values = fieldsOf(spec.values)
  const hub = valueAt(values, 'global', 'hub') ?? spec.hub
  const images = { hub: typeof hub === 'string' && hub !== '' ? hub : 'docker.io/istio', tag: soloVersion(options) }
  const { license: _, ...shown } = values
  const environment = Object.entries(fieldsOf(valueAt(values, 'pilot', 'env'))).map(([name, value]) => [
    name,
    String(value),
  ])
  for (const component of istioComponents(images, shown, Object.fromEntries(environment))) {
    stopIfGone(run.signal)
    await installComponent(component, store, invoked)
    run.out(`✔ ${component.installed}\n`)
  }
  run.out('✔ Installation complete\n')
  run.out('The ambient profile has been installed successfully, enjoy Istio without sidecars!\n')
  return 0
}

/** @throws ToolError where it is no IstioOperator */
function operatorSpec(text: string): Record<string, unknown> {
  let operator: unknown
  try {
    operator = parse(text)
  } catch (error) {
    throw new ToolError(`generate config: could not unmarshal: ${error instanceof Error ? error.message : error}`)
  }
  const kind = valueAt(operator, 'kind')
  if (kind !== 'IstioOperator' || valueAt(operator, 'apiVersion') !== 'install.istio.io/v1alpha1') {
    throw new ToolError(`generate config: the file must contain an IstioOperator, not ${kind ?? 'nothing'}`)
  }
  const spec = fieldsOf(valueAt(operator, 'spec'))
  const unknown = Object.keys(spec).find(key => !SPEC_FIELDS.includes(key))
  if (unknown !== undefined)
    throw new ToolError(`generate config: unknown field "${unknown}" in v1alpha1.IstioOperatorSpec`)
  return spec
}

const SPEC_FIELDS = [
  'profile',
  'hub',
  'tag',
  'namespace',
  'revision',
  'meshConfig',
  'components',
  'values',
  'unvalidatedValues',
  'compatibilityVersion',
]

async function installComponent(component: IstioComponent, store: ObjectStore, invoked: Invoked): Promise<void> {
  if (store.get('Namespace', SYSTEM) === undefined) {
    store.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: SYSTEM } }, { manager: MANAGER })
  }
  for (const object of component.objects) store.apply(object, { manager: MANAGER, force: true })
  if (component.ready) await becomesReady(component.ready, store, invoked)
}

async function becomesReady(
  { kind, name }: NonNullable<IstioComponent['ready']>,
  store: ObjectStore,
  { run, options: { cloud } }: Invoked,
): Promise<void> {
  for (let looks = 0; !isReady(kind, name, store); looks++) {
    stopIfGone(run.signal)
    if (looks > READY_LOOKS) {
      throw new ToolError(
        `failed to install manifests: errors occurred during operation: resources not ready after 5m0s: context deadline exceeded\n${kind}/${SYSTEM}/${name} (containers with unready status)`,
      )
    }
    await cloud.clock.sleep(1000)
  }
}

function isReady(kind: string, name: string, store: ObjectStore): boolean {
  const object = store.get(kind, name, SYSTEM)
  const count = (...path: readonly string[]) => Number(valueAt(object, ...path) ?? 0)
  const observed = count('status', 'observedGeneration') >= (object?.metadata.generation ?? 1)
  if (kind === 'Deployment') {
    const wanted = count('spec', 'replicas')
    return observed && count('status', 'updatedReplicas') === wanted && count('status', 'readyReplicas') === wanted
  }
  return observed && count('status', 'numberReady') === count('status', 'desiredNumberScheduled')
}

const REMOVED = [
  'Deployment',
  'DaemonSet',
  'Service',
  'ConfigMap',
  'ServiceAccount',
  'ClusterRole',
  'ClusterRoleBinding',
  'MutatingWebhookConfiguration',
  'ValidatingWebhookConfiguration',
  'CustomResourceDefinition',
] as const

/** With `--purge`: everything that an installation brought, custom resource definitions and their objects included. */
export const uninstall: Action = async invoked => {
  const { run, parsed } = invoked
  if (!parsed.flags.has('purge')) {
    throw new ToolError('at least one of the --revision, --filename, --set or --purge flags must be set')
  }
  const { store } = (await clusterOf(invoked)).cluster
  run.out('All Istio resources will be pruned from the cluster\n')
  for (const kind of REMOVED) {
    stopIfGone(run.signal)
    for (const { metadata } of store.list(kind, { labels: 'operator.istio.io/component' })) {
      store.delete(kind, metadata.name, metadata.namespace)
      run.out(`  Removed ${kind}:${metadata.namespace ?? ''}:${metadata.name}.\n`)
    }
  }
  run.out('✔ Uninstall complete\n')
  return 0
}
