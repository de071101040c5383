import { Flags } from '@oclif/core'

/** Flags of every command. The names are a contract; what they configure is described once, in lib/config/schema.ts. */
export const commonFlags = {
  config: Flags.file({
    description: 'configuration file (default: the nearest ecs-ambient.yaml)',
    helpGroup: 'GLOBAL',
  }),
  region: Flags.string({ description: 'AWS region [AWS_REGION]', helpGroup: 'GLOBAL' }),
  profile: Flags.string({ description: 'AWS profile [AWS_PROFILE]', helpGroup: 'GLOBAL' }),
  'cluster-name': Flags.string({ description: 'name of the EKS cluster [CLUSTER_NAME]', helpGroup: 'GLOBAL' }),
  'ecs-cluster': Flags.string({ description: 'name of the ECS cluster', helpGroup: 'GLOBAL' }),
  kubeconfig: Flags.string({
    description: "a kubeconfig of this cluster, instead of the program's own",
    helpGroup: 'GLOBAL',
  }),
  timeout: Flags.string({ description: 'longest time to wait for one thing: 90s, 10m, 1h', helpGroup: 'GLOBAL' }),
  sandbox: Flags.boolean({ description: 'work on the embedded simulation instead of AWS', helpGroup: 'GLOBAL' }),
  verbose: Flags.boolean({ description: 'show more, errors with their stack', helpGroup: 'GLOBAL' }),
  color: Flags.boolean({ description: 'colours', default: true, allowNo: true, hidden: true }),
  'no-color': Flags.boolean({ description: 'no colours [NO_COLOR]', helpGroup: 'GLOBAL' }),
}

export const dryRunFlag = {
  'dry-run': Flags.boolean({ description: 'print the plan and write nothing' }),
}

export const yesFlag = {
  yes: Flags.boolean({ char: 'y', description: 'ask nothing' }),
}

export const adoptFlag = {
  adopt: Flags.boolean({ description: "take over what has the right name but isn't ours" }),
}

export const openFlag = {
  open: Flags.boolean({ description: "the guide's wide-open security group rules (0.0.0.0/0)" }),
}

export const istioctlFlag = {
  istioctl: Flags.string({ description: "path of Solo's istioctl [ISTIOCTL]" }),
}

export const eksctlFlag = {
  eksctl: Flags.string({ description: 'path of eksctl [EKSCTL]' }),
}

export const publicGatewayFlag = {
  'public-gateway': Flags.boolean({ description: "an internet-facing load balancer for istiod's port" }),
}
