import { quote } from 'shlex'
import type { Settings } from '../config/settings.ts'

/** What is left, as far as a command about it needs to know. */
interface Left {
  /** Whose removal should have taken it away. */
  readonly step?: string
  readonly kind: string
  readonly name: string
  readonly id?: string
  readonly detail?: unknown
}

type Command = (left: Left, settings: Settings) => string

const aws =
  (command: (left: Left) => string): Command =>
  (left, { region }) =>
    `aws ${command(left)} --region ${region}`

/** Of this cluster, whatever the shell's own kubeconfig is about. */
const inKubernetes = (tool: string, { kubeconfig }: Settings): string =>
  kubeconfig === undefined ? tool : `${tool} --kubeconfig ${quote(kubeconfig)}`

const ofStep =
  (command: string): Command =>
  () =>
    `ecs-ambient ${command} --yes`

/** `cluster/service`, as our changes name services. */
const inCluster = (name: string): string => {
  const [cluster, service] = name.split('/')
  return `--cluster ${cluster} --service ${service}`
}

/** By hand, for each kind: what takes one thing away that we could not. In the order in which they can go. */
const BY_KIND: Readonly<Record<string, Command>> = {
  enrolment: ({ name }) => {
    const [cluster, service] = name.split('/')
    return `ecs-ambient ecs unenroll ${service} --ecs-cluster ${cluster}`
  },
  'ecs-service': aws(({ name }) => `ecs delete-service ${inCluster(name)} --force`),
  'security-group-rule': aws(
    ({ name, id }) => `ec2 revoke-security-group-ingress --group-id ${name} --security-group-rule-ids ${id}`,
  ),
  'security-group-rules': aws(
    ({ id, detail }) =>
      `ec2 revoke-security-group-ingress --group-id ${id} --security-group-rule-ids ${(detail as readonly string[]).join(' ')}`,
  ),
  'network-interface': aws(({ id }) => `ec2 delete-network-interface --network-interface-id ${id}`),
  'security-group': aws(({ id }) => `ec2 delete-security-group --group-id ${id}`),
  // With the services in it: while one runs, the cluster can't go.
  'ecs-cluster': ({ name }) => `ecs-ambient ecs delete --ecs-cluster ${name} --yes`,
  'task-definition': ofStep('ecs delete'),
  'log-group': aws(({ name }) => `logs delete-log-group --log-group-name ${name}`),
  'namespace-label': ({ name }, settings) => {
    const [, namespace = name, label = ''] = /^(\S+): ([^=]+)/.exec(name) ?? []
    return `${inKubernetes('kubectl', settings)} label namespace ${namespace} ${label}-`
  },
  istio: (_, settings) => `${inKubernetes('istioctl', settings)} uninstall --purge -y`,
  'pod-identity-association': ({ id }, { clusterName, region }) =>
    `aws eks delete-pod-identity-association --cluster-name ${clusterName} --association-id ${id} --region ${region}`,
  'eks-addon': ({ name }, { clusterName, region }) =>
    `aws eks delete-addon --cluster-name ${clusterName} --addon-name ${name} --region ${region}`,
  // Of the cluster's step only the role of its istiod.
  'iam-role': (left, settings) => ofStep(left.step === 'cluster' ? 'cluster delete' : 'iam delete')(left, settings),
  'iam-policy': ofStep('iam delete'),
  'load-balancer': aws(({ name }) => `elb delete-load-balancer --load-balancer-name ${name}`),
  'eks-cluster': ({ name }, { region }) =>
    `eksctl delete cluster --name ${name} --region ${region} --wait --disable-nodegroup-eviction`,
  'cloudformation-stack': aws(({ name }) => `cloudformation delete-stack --stack-name ${name}`),
  'oidc-provider': ({ id }) => `aws iam delete-open-id-connect-provider --open-id-connect-provider-arn ${id}`,
  'ebs-volume': aws(({ id }) => `ec2 delete-volume --volume-id ${id}`),
  'ec2-instance': aws(({ id }) => `ec2 terminate-instances --instance-ids ${id}`),
  'launch-template': aws(({ id }) => `ec2 delete-launch-template --launch-template-id ${id}`),
  'nat-gateway': aws(({ id }) => `ec2 delete-nat-gateway --nat-gateway-id ${id}`),
  'elastic-ip': aws(({ id }) => `ec2 release-address --allocation-id ${id}`),
  'internet-gateway': aws(({ id }) => `ec2 delete-internet-gateway --internet-gateway-id ${id}`),
  'route-table': aws(({ id }) => `ec2 delete-route-table --route-table-id ${id}`),
  subnet: aws(({ id }) => `ec2 delete-subnet --subnet-id ${id}`),
  vpc: aws(({ id }) => `ec2 delete-vpc --vpc-id ${id}`),
}

const ORDER = Object.keys(BY_KIND)

/** Its turn among what is left. Objects in Kubernetes go before Istio does. */
export const finishingTurn = ({ kind }: Pick<Left, 'kind'>): number =>
  ORDER.indexOf(kind in BY_KIND ? kind : 'namespace-label')

/** The exact command that takes away what is left, to be run where we could not. */
export function finishingCommand(left: Left, settings: Settings): string {
  const command = BY_KIND[left.kind] ?? deletedByKubectl
  return command(left, settings)
}

/** Istio has a kind of that name too. */
const RESOURCES: Readonly<Record<string, string>> = { Gateway: 'gateways.gateway.networking.k8s.io' }

/** Everything else is an object in Kubernetes, named `namespace/name` or, cluster-wide, `name`. */
function deletedByKubectl({ kind, name }: Left, settings: Settings): string {
  const [first = '', second] = name.split('/')
  const kubectl = inKubernetes('kubectl', settings)
  const resource = RESOURCES[kind] ?? kind
  return second === undefined
    ? `${kubectl} delete ${resource} ${first}`
    : `${kubectl} -n ${first} delete ${resource} ${second}`
}
