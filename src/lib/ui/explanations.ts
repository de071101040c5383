/** What a step is about, in words for someone who sees it for the first time. */
export interface Explanation {
  readonly what: string
  readonly why: string
  readonly cost: string
  /** How long it usually takes on AWS, in milliseconds. */
  readonly usual: number
  /** Commands that show what came of it. `CLUSTER`, `ECS`, `NAMESPACE`, `REGION` stand for the names in use. */
  readonly look: readonly string[]
  readonly undo: string
}

const SECOND = 1000
const MINUTE = 60 * SECOND

export const EXPLANATIONS: Readonly<Record<string, Explanation>> = {
  cluster: {
    what: 'Creates an EKS cluster with eksctl: a VPC, private nodes, the VPC CNI and the pod identity agent.',
    why: "The mesh's control plane lives here, and the ECS tasks will share this VPC. A pod identity association lets istiod read ECS.",
    cost: 'about $0.10 an hour for the control plane, $0.05 for each t2.medium node, $0.05 for the NAT gateway',
    usual: 15 * MINUTE,
    look: ['kubectl get nodes', 'aws eks describe-cluster --name CLUSTER --region REGION'],
    undo: 'ecs-ambient cluster delete',
  },
  'gateway-api': {
    what: 'Installs the Kubernetes Gateway API: the resource types by which gateways and waypoints are described.',
    why: 'Istio in ambient mode is steered by Gateway resources; EKS brings none of these types.',
    cost: 'free',
    usual: 10 * SECOND,
    look: ['kubectl get crd -l app.kubernetes.io/managed-by=ecs-ambient'],
    undo: 'ecs-ambient cleanup --mesh',
  },
  istio: {
    what: "Installs Solo's Istio in ambient mode: istiod, the CNI agent, and a ztunnel on every node.",
    why: 'ztunnels carry the mesh traffic in mutual TLS, without sidecars. The ECS platform setting makes istiod look for services in the ECS cluster.',
    cost: 'free; it runs on the nodes',
    usual: 90 * SECOND,
    look: ['kubectl get pods -n istio-system', 'istioctl version'],
    undo: 'ecs-ambient cleanup --mesh',
  },
  iam: {
    what: 'Makes the task role with its policy, and the execution role.',
    why: 'A task proves by its role who it is, so no bootstrap token has to be carried about. The execution role pulls images and writes logs.',
    cost: 'free',
    usual: 15 * SECOND,
    look: ['aws iam get-role --role-name eks-ecs-task-role'],
    undo: 'ecs-ambient iam delete',
  },
  namespace: {
    what: 'Creates the Kubernetes namespace and the service account that stand for the ECS workloads.',
    why: 'Policies name workloads by namespace and service account. The annotation says which IAM role may act as the account.',
    cost: 'free',
    usual: 5 * SECOND,
    look: ['kubectl get serviceaccount -n NAMESPACE -o yaml'],
    undo: 'ecs-ambient cleanup --mesh',
  },
  'east-west': {
    what: 'Creates the east-west gateway, a load balancer that exposes istiod to ECS.',
    why: 'The ztunnel of each ECS task fetches its certificate and its configuration from istiod through it. It is internal: the tasks are in the same VPC.',
    cost: 'about $0.03 an hour for the load balancer',
    usual: 3 * MINUTE,
    look: ['kubectl get gateway -n istio-system eastwest'],
    undo: 'ecs-ambient cleanup --mesh',
  },
  ecs: {
    what: 'Creates the ECS cluster, the log group, the security groups, and two Fargate services: a shell that calls and an echo that answers.',
    why: 'These are ordinary ECS services, not yet in the mesh. Only the mesh port 15008 is open between them and EKS.',
    cost: 'about $0.02 an hour for the two tasks',
    usual: 2 * MINUTE,
    look: ['aws ecs describe-services --cluster ECS --services shell-task echo-service --region REGION'],
    undo: 'ecs-ambient ecs delete',
  },
  enroll: {
    what: 'Enrols each ECS service: istioctl adds a ztunnel to its task definition and rolls it out.',
    why: 'From then on what the task sends and receives goes through its own ztunnel, encrypted and under policy.',
    cost: 'free; the ztunnel shares the task',
    usual: 2 * MINUTE,
    look: ['istioctl ztunnel-config workloads', 'kubectl get serviceentries,workloadentries -n NAMESPACE'],
    undo: 'ecs-ambient ecs unenroll',
  },
  apps: {
    what: 'Deploys the same pair, a shell and an echo, on EKS, and takes namespace default into the mesh.',
    why: 'With a caller and an answerer on either side, every direction can be tried.',
    cost: 'free; they run on the nodes',
    usual: 20 * SECOND,
    look: ['kubectl get pods -l app=eks-shell', 'kubectl get namespace default --show-labels'],
    undo: 'ecs-ambient apps delete',
  },
}

/** The command that takes away what these steps made. */
export function undoOf(steps: readonly string[]): string {
  const [step = '', ...others] = steps
  if (others.length > 0) return 'ecs-ambient cleanup'
  if (step === 'waypoint') return 'ecs-ambient policy waypoint --remove'
  const policy = /^policy (.+)$/.exec(step)?.[1]
  if (policy !== undefined) return `ecs-ambient policy remove ${policy}`
  return EXPLANATIONS[step]?.undo ?? 'ecs-ambient cleanup'
}
