import type { Settings } from '../config/settings.ts'

/** What is left, as far as a command about it needs to know. */
interface Left {
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

const ofStep =
  (command: string): Command =>
  () =>
    `ecs-ambient ${command} --yes`

/** `cluster/service`, as our changes name services. */
const inCluster = (name: string): string => {
  const [cluster, service] = name.split('/')
  return `--cluster ${cluster} --service ${service}`
}

/** By hand, for each kind: what takes one thing away that we could not. */
const BY_KIND: Readonly<Record<string, Command>> = {
  'eks-cluster': ({ name }, { region }) =>
    `eksctl delete cluster --name ${name} --region ${region} --wait --disable-nodegroup-eviction`,
  'cloudformation-stack': aws(({ name }) => `cloudformation delete-stack --stack-name ${name}`),
  'load-balancer': aws(({ name }) => `elb delete-load-balancer --load-balancer-name ${name}`),
  'network-interface': aws(({ id }) => `ec2 delete-network-interface --network-interface-id ${id}`),
  'ebs-volume': aws(({ id }) => `ec2 delete-volume --volume-id ${id}`),
  'nat-gateway': aws(({ id }) => `ec2 delete-nat-gateway --nat-gateway-id ${id}`),
  'elastic-ip': aws(({ id }) => `ec2 release-address --allocation-id ${id}`),
  'ec2-instance': aws(({ id }) => `ec2 terminate-instances --instance-ids ${id}`),
  'launch-template': aws(({ id }) => `ec2 delete-launch-template --launch-template-id ${id}`),
  'internet-gateway': aws(({ id }) => `ec2 delete-internet-gateway --internet-gateway-id ${id}`),
  'route-table': aws(({ id }) => `ec2 delete-route-table --route-table-id ${id}`),
  subnet: aws(({ id }) => `ec2 delete-subnet --subnet-id ${id}`),
  vpc: aws(({ id }) => `ec2 delete-vpc --vpc-id ${id}`),
  'oidc-provider': ({ id }) => `aws iam delete-open-id-connect-provider --open-id-connect-provider-arn ${id}`,
  'security-group': aws(({ id }) => `ec2 delete-security-group --group-id ${id}`),
  'security-group-rule': aws(
    ({ name, id }) => `ec2 revoke-security-group-ingress --group-id ${name} --security-group-rule-ids ${id}`,
  ),
  'security-group-rules': aws(
    ({ id, detail }) =>
      `ec2 revoke-security-group-ingress --group-id ${id} --security-group-rule-ids ${(detail as readonly string[]).join(' ')}`,
  ),
  'ecs-service': aws(({ name }) => `ecs delete-service ${inCluster(name)} --force`),
  // With the services in it: while one runs, the cluster can't go.
  'ecs-cluster': ({ name }) => `ecs-ambient ecs delete --ecs-cluster ${name} --yes`,
  'log-group': aws(({ name }) => `logs delete-log-group --log-group-name ${name}`),
  'task-definition': ofStep('ecs delete'),
  'iam-role': ofStep('cleanup --iam --cluster'),
  'iam-policy': ofStep('iam delete'),
  istio: () => 'istioctl uninstall --purge -y',
  enrolment: ({ name }) => {
    const [cluster, service] = name.split('/')
    return `ecs-ambient ecs unenroll ${service} --ecs-cluster ${cluster}`
  },
}

/** The exact command that takes away what is left, to be run where we could not. */
export function finishingCommand(left: Left, settings: Settings): string {
  const command = BY_KIND[left.kind] ?? deletedByKubectl
  return command(left, settings)
}

/** Everything else is an object in Kubernetes, named `namespace/name` or, cluster-wide, `name`. */
function deletedByKubectl({ kind, name }: Left): string {
  const [first = '', second] = name.split('/')
  return second === undefined ? `kubectl delete ${kind} ${first}` : `kubectl -n ${first} delete ${kind} ${second}`
}
