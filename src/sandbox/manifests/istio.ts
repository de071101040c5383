import { stringify } from 'yaml'
import type { ObjectInput } from '../kubernetes/objects.ts'
import { istioCrds } from './istio-crds.ts'

/** What an installation of Istio in ambient mode consists of, as far as the sandbox needs it. */

export interface IstioImages {
  readonly hub: string
  /** With `-solo`. */
  readonly tag: string
}

export interface IstioComponent {
  /** As `operator.istio.io/component` has it. */
  readonly name: 'Base' | 'Pilot' | 'Cni' | 'Ztunnel'
  /** As istioctl says it once the component stands. */
  readonly installed: string
  readonly objects: readonly ObjectInput[]
  /** What must be ready before the next component is begun. */
  readonly ready?: { readonly kind: 'Deployment' | 'DaemonSet'; readonly name: string }
}

const NAMESPACE = 'istio-system'

/**
 * @param values what the installation was asked for, without the licence
 * @param environment of istiod
 */
export function istioComponents(
  images: IstioImages,
  values: unknown,
  environment: Readonly<Record<string, string>>,
): readonly IstioComponent[] {
  return [base(), pilot(images, values, environment), cni(images), ztunnel(images)].map(component => ({
    ...component,
    objects: component.objects.map(object => labelled(object, component.name)),
  }))
}

function labelled(object: ObjectInput, component: string): ObjectInput {
  const labels = {
    'install.operator.istio.io/owning-resource': 'unknown',
    'operator.istio.io/component': component,
    'operator.istio.io/managed': 'Reconcile',
    'operator.istio.io/version': 'unknown',
    release: 'istio',
    ...object.metadata.labels,
  }
  return { ...object, metadata: { ...object.metadata, labels } }
}

const account = (name: string): ObjectInput => ({
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name, namespace: NAMESPACE },
})

function clusterRole(name: string, serviceAccount: string, rules: readonly unknown[]): readonly ObjectInput[] {
  const rbac = 'rbac.authorization.k8s.io'
  return [
    { apiVersion: `${rbac}/v1`, kind: 'ClusterRole', metadata: { name }, rules },
    {
      apiVersion: `${rbac}/v1`,
      kind: 'ClusterRoleBinding',
      metadata: { name },
      roleRef: { apiGroup: rbac, kind: 'ClusterRole', name },
      subjects: [{ kind: 'ServiceAccount', name: serviceAccount, namespace: NAMESPACE }],
    },
  ]
}

const READ = ['get', 'list', 'watch']
const webhookClient = { service: { name: 'istiod', namespace: NAMESPACE, port: 443 } }

const base = (): IstioComponent => ({
  name: 'Base',
  installed: 'Istio core installed ⛵️',
  objects: [
    ...istioCrds(),
    account('istio-reader-service-account'),
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'istiod-default-validator' },
      webhooks: [
        {
          name: 'validation.istio.io',
          clientConfig: { ...webhookClient, service: { ...webhookClient.service, path: '/validate' } },
          failurePolicy: 'Ignore',
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    },
  ],
})

function pilot(images: IstioImages, values: unknown, environment: Readonly<Record<string, string>>): IstioComponent {
  const labels = { app: 'istiod', istio: 'pilot', 'istio.io/rev': 'default' }
  const ports = [
    { name: 'grpc-xds', port: 15010 },
    { name: 'https-dns', port: 15012 },
    { name: 'https-webhook', port: 443, targetPort: 15017 },
    { name: 'http-monitoring', port: 15014 },
  ]
  return {
    name: 'Pilot',
    installed: 'Istiod installed 🧠',
    ready: { kind: 'Deployment', name: 'istiod' },
    objects: [
      account('istiod'),
      ...clusterRole('istiod-clusterrole-istio-system', 'istiod', [
        { apiGroups: ['', 'apps', 'discovery.k8s.io'], resources: ['*'], verbs: READ },
        {
          apiGroups: ['networking.istio.io', 'security.istio.io', 'gateway.networking.k8s.io'],
          resources: ['*'],
          verbs: ['*'],
        },
      ]),
      configMap('istio', { mesh: stringify({ accessLogFile: '/dev/stdout', trustDomain: 'cluster.local' }) }),
      configMap('values', { 'merged-values': stringify(values), 'original-values': stringify(values) }),
      {
        apiVersion: 'v1',
        kind: 'Service',
        metadata: { name: 'istiod', namespace: NAMESPACE, labels },
        spec: { selector: { app: 'istiod', istio: 'pilot' }, ports },
      },
      {
        apiVersion: 'apps/v1',
        kind: 'Deployment',
        metadata: { name: 'istiod', namespace: NAMESPACE, labels },
        spec: {
          selector: { matchLabels: { app: 'istiod', istio: 'pilot' } },
          template: {
            metadata: { labels: { ...labels, 'istio.io/dataplane-mode': 'none' } },
            spec: {
              serviceAccountName: 'istiod',
              containers: [
                {
                  name: 'discovery',
                  image: `${images.hub}/pilot:${images.tag}`,
                  args: [
                    'discovery',
                    '--monitoringAddr=:15014',
                    '--log_output_level=default:info',
                    '--domain',
                    'cluster.local',
                  ],
                  env: Object.entries(environment).map(([name, value]) => ({ name, value })),
                  ports: [8080, 15010, 15012, 15017].map(containerPort => ({ containerPort })),
                },
              ],
            },
          },
        },
      },
      {
        apiVersion: 'admissionregistration.k8s.io/v1',
        kind: 'MutatingWebhookConfiguration',
        metadata: { name: 'istio-sidecar-injector', labels },
        webhooks: [
          {
            name: 'namespace.sidecar-injector.istio.io',
            clientConfig: { ...webhookClient, service: { ...webhookClient.service, path: '/inject' } },
            failurePolicy: 'Fail',
            sideEffects: 'None',
            admissionReviewVersions: ['v1'],
          },
        ],
      },
    ],
  }
}

const configMap = (name: string, data: Readonly<Record<string, string>>): ObjectInput => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: NAMESPACE },
  data,
})

function daemonSet(name: string, image: string, container: string, serviceAccount: string): ObjectInput {
  const labels = { app: name, 'k8s-app': name }
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name, namespace: NAMESPACE, labels },
    spec: {
      selector: { matchLabels: { app: name } },
      template: {
        metadata: { labels: { ...labels, 'istio.io/dataplane-mode': 'none' } },
        spec: { serviceAccountName: serviceAccount, containers: [{ name: container, image }] },
      },
    },
  }
}

const cni = ({ hub, tag }: IstioImages): IstioComponent => ({
  name: 'Cni',
  installed: 'CNI installed 🪢',
  ready: { kind: 'DaemonSet', name: 'istio-cni-node' },
  objects: [
    account('istio-cni'),
    ...clusterRole('istio-cni', 'istio-cni', [
      { apiGroups: [''], resources: ['pods', 'nodes', 'namespaces'], verbs: READ },
    ]),
    configMap('istio-cni-config', { AMBIENT_ENABLED: 'true', AMBIENT_DNS_CAPTURE: 'true' }),
    daemonSet('istio-cni-node', `${hub}/install-cni:${tag}`, 'install-cni', 'istio-cni'),
  ],
})

const ztunnel = ({ hub, tag }: IstioImages): IstioComponent => ({
  name: 'Ztunnel',
  installed: 'Ztunnel installed 🔒',
  ready: { kind: 'DaemonSet', name: 'ztunnel' },
  objects: [account('ztunnel'), daemonSet('ztunnel', `${hub}/ztunnel:${tag}`, 'istio-proxy', 'ztunnel')],
})
