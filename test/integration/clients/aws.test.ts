import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { execa } from 'execa'
import { Aws } from '../support/aws.ts'
import { inOrder } from '../support/in-order.ts'
import { Kubectl } from '../support/kubectl.ts'
import { parts } from '../support/parts.ts'
import { Sandbox } from '../support/sandbox.ts'

/** What the guide's scripts ask of AWS, in their order and with the real command. Each test stands on those before. */
describe('the aws command and the sandbox', () => {
  inOrder()
  let python: string
  let kubectl: string
  let sandbox: Sandbox
  let aws: Aws
  const cluster = 'ambient-ecs'
  const ecs = `ecs-${cluster}`
  const trust = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
  })
  const permissions = JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['ssmmessages:*'], Resource: '*' }],
  })
  const seen = {
    account: '',
    role: '',
    policy: '',
    vpc: '',
    subnets: [] as string[],
    group: '',
    revision: '',
    task: '',
  }

  before(async function () {
    python = await parts.aws.need(this)
    kubectl = await parts.kubectl.need(this)
    sandbox = await Sandbox.start()
    aws = new Aws(python, sandbox.env)
  })

  after(() => sandbox?.stop())

  it('says who calls', async () => {
    const identity = await aws.json<Record<string, string>>(['sts', 'get-caller-identity'])
    expect(identity.Account).to.match(/^\d{12}$/)
    expect(identity.Arn).to.contain(`:${identity.Account}:`)
    seen.account = identity.Account ?? ''
  })

  it('creates the cluster by eksctl, and waits until it is active', async () => {
    const config = `
apiVersion: eksctl.io/v1alpha5
kind: ClusterConfig
metadata: { name: ${cluster}, region: us-east-1, tags: { owner: somebody } }
iam:
  withOIDC: true
  podIdentityAssociations:
    - namespace: istio-system
      serviceAccountName: istiod
      roleName: istiod-eks-ecs-${cluster}
      permissionPolicyARNs: [arn:aws:iam::aws:policy/AmazonECS_FullAccess]
addons: [{ name: vpc-cni }, { name: eks-pod-identity-agent }]
managedNodeGroups:
  - { name: managed-nodes, instanceType: t2.medium, desiredCapacity: 2, privateNetworking: true }
`
    const eksctl = sandbox.env.EKSCTL ?? 'eksctl'
    await execa(eksctl, ['create', 'cluster', '--config-file', '-', '--write-kubeconfig=false'], {
      env: sandbox.env,
      input: config,
    })
    await aws.text(['eks', 'wait', 'cluster-active', '--name', cluster])
    expect(await aws.json(['eks', 'list-clusters', '--query', 'clusters'])).to.deep.equal([cluster])
    const described = await aws.json<Record<string, unknown>>([
      'eks',
      'describe-cluster',
      '--name',
      cluster,
      '--query',
      'cluster',
    ])
    expect(described).to.include({ name: cluster, status: 'ACTIVE' })
    expect(described.endpoint).to.match(/^https:/)
    expect(described.arn).to.equal(`arn:aws:eks:us-east-1:${seen.account}:cluster/${cluster}`)
    expect(described.tags).to.include({ owner: 'somebody' })
    seen.vpc = await aws.text([
      'eks',
      'describe-cluster',
      '--name',
      cluster,
      '--query',
      'cluster.resourcesVpcConfig.vpcId',
    ])
    expect(seen.vpc).to.match(/^vpc-[0-9a-f]+$/)
  })

  it('finds the addons, the node group and the pod identity of the cluster', async () => {
    const named = ['--cluster-name', cluster]
    const [addons, status, nodes, association] = await Promise.all([
      aws.json<string[]>(['eks', 'list-addons', ...named, '--query', 'addons']),
      aws.text(['eks', 'describe-addon', ...named, '--addon-name', 'vpc-cni', '--query', 'addon.status']),
      aws.json<Record<string, unknown>>([
        'eks',
        'describe-nodegroup',
        ...named,
        '--nodegroup-name',
        'managed-nodes',
        '--query',
        'nodegroup',
      ]),
      aws.json<Record<string, string>[]>([
        'eks',
        'list-pod-identity-associations',
        ...named,
        '--query',
        'associations',
      ]),
    ])
    expect(addons).to.include.members(['vpc-cni', 'eks-pod-identity-agent'])
    expect(status).to.equal('ACTIVE')
    expect(nodes).to.include({ status: 'ACTIVE' })
    expect(association[0]).to.include({ namespace: 'istio-system', serviceAccount: 'istiod' })
    expect(await aws.refusal(['eks', 'describe-cluster', '--name', 'missing'])).to.equal('ResourceNotFoundException')
    expect(await aws.refusal(['eks', 'describe-addon', ...named, '--addon-name', 'missing'])).to.equal(
      'ResourceNotFoundException',
    )
  })

  it('lets kubectl in with a token that it signs', async () => {
    const command = join(sandbox.dir, 'aws')
    await writeFile(command, `#!/bin/sh\nexec '${python}' -m awscli "$@"\n`)
    await chmod(command, 0o755)
    const KUBECONFIG = join(sandbox.dir, 'updated-by-aws')
    await aws.text(['eks', 'update-kubeconfig', '--name', cluster, '--kubeconfig', KUBECONFIG])
    const PATH = `${sandbox.dir}:${sandbox.env.PATH}`
    const client = new Kubectl(kubectl, { ...sandbox.env, PATH, KUBECONFIG })
    expect(await client.run(['get', 'namespaces', '-o', 'name'])).to.contain('namespace/default')
  })

  it('creates the roles and the policy once', async () => {
    expect(await aws.refusal(['iam', 'get-role', '--role-name', 'eks-ecs-task-role'])).to.equal('NoSuchEntity')
    const create = [
      'iam',
      'create-role',
      '--path',
      '/ecs/ambient/',
      '--role-name',
      'eks-ecs-task-role',
      '--assume-role-policy-document',
      trust,
    ]
    seen.role = await aws.text([...create, '--query', 'Role.Arn'])
    expect(seen.role).to.equal(`arn:aws:iam::${seen.account}:role/ecs/ambient/eks-ecs-task-role`)
    expect(await aws.refusal(create)).to.equal('EntityAlreadyExists')
    await aws.text(['iam', 'wait', 'role-exists', '--role-name', 'eks-ecs-task-role'])
    const role = await aws.json<{ AssumeRolePolicyDocument: unknown }>([
      'iam',
      'get-role',
      '--role-name',
      'eks-ecs-task-role',
      '--query',
      'Role',
    ])
    expect(role.AssumeRolePolicyDocument).to.deep.equal(JSON.parse(trust))

    const policy = [
      'iam',
      'create-policy',
      '--path',
      '/ecs/ambient/',
      '--policy-name',
      'eks-ecs-task-policy',
      '--policy-document',
      permissions,
    ]
    seen.policy = await aws.text([...policy, '--query', 'Policy.Arn'])
    await aws.text(['iam', 'wait', 'policy-exists', '--policy-arn', seen.policy])
    const found = await aws.text([
      'iam',
      'list-policies',
      '--scope',
      'Local',
      '--query',
      "Policies[?PolicyName=='eks-ecs-task-policy'].Arn",
    ])
    expect(found).to.equal(seen.policy)
    await aws.text(['iam', 'attach-role-policy', '--role-name', 'eks-ecs-task-role', '--policy-arn', seen.policy])
    const attached = await aws.json([
      'iam',
      'list-attached-role-policies',
      '--role-name',
      'eks-ecs-task-role',
      '--query',
      'AttachedPolicies',
    ])
    expect(attached).to.deep.equal([{ PolicyName: 'eks-ecs-task-policy', PolicyArn: seen.policy }])
    const version = await aws.json<{ Document: unknown }>([
      'iam',
      'get-policy-version',
      '--policy-arn',
      seen.policy,
      '--version-id',
      'v1',
      '--query',
      'PolicyVersion',
    ])
    expect(version.Document).to.deep.equal(JSON.parse(permissions))
  })

  it('tags a role and reads the tags', async () => {
    const role = ['--role-name', 'eks-ecs-task-role']
    await aws.text(['iam', 'tag-role', ...role, '--tags', 'Key=team,Value=mesh', 'Key=stage,Value=test'])
    await aws.text(['iam', 'untag-role', ...role, '--tag-keys', 'stage'])
    expect(await aws.json(['iam', 'list-role-tags', ...role, '--query', 'Tags'])).to.deep.equal([
      { Key: 'team', Value: 'mesh' },
    ])
  })

  it('finds the private subnets and the groups of the VPC by filters', async () => {
    const filters = ['--filters', `Name=vpc-id,Values=${seen.vpc}`, 'Name=map-public-ip-on-launch,Values=false']
    const subnets = await aws.text(['ec2', 'describe-subnets', ...filters, '--query', 'Subnets[*].SubnetId'])
    seen.subnets = subnets.split('\t')
    expect(seen.subnets.length).to.be.at.least(2)
    for (const subnet of seen.subnets) expect(subnet).to.match(/^subnet-[0-9a-f]+$/)
    const byName = [
      'ec2',
      'describe-security-groups',
      '--filters',
      `Name=vpc-id,Values=${seen.vpc}`,
      'Name=group-name,Values=eks-cluster-sg*',
    ]
    const groups = await aws.json<string[]>([...byName, '--query', 'SecurityGroups[*].GroupId'])
    expect(groups).to.have.length(1)
    const ofCluster = [
      'eks',
      'describe-cluster',
      '--name',
      cluster,
      '--query',
      'cluster.resourcesVpcConfig.clusterSecurityGroupId',
    ]
    expect(await aws.text(ofCluster)).to.equal(groups[0])
  })

  it('opens a security group, and not twice', async () => {
    const create = [
      'ec2',
      'create-security-group',
      '--group-name',
      'ecs-demo-sg',
      '--description',
      'demo',
      '--vpc-id',
      seen.vpc,
    ]
    seen.group = await aws.text([...create, '--query', 'GroupId'])
    expect(await aws.refusal(create)).to.equal('InvalidGroup.Duplicate')
    const open = [
      'ec2',
      'authorize-security-group-ingress',
      '--group-id',
      seen.group,
      '--protocol',
      '-1',
      '--cidr',
      '0.0.0.0/0',
    ]
    await aws.json(open)
    expect(await aws.refusal(open)).to.equal('InvalidPermission.Duplicate')
    const described = [
      'ec2',
      'describe-security-groups',
      '--group-ids',
      seen.group,
      '--query',
      'SecurityGroups[0].IpPermissions',
    ]
    const rules = await aws.json<{ IpProtocol: string; IpRanges: { CidrIp: string }[] }[]>(described)
    expect(rules.map(rule => [rule.IpProtocol, rule.IpRanges[0]?.CidrIp])).to.deep.equal([['-1', '0.0.0.0/0']])
    expect(await aws.refusal(['ec2', 'describe-security-groups', '--group-ids', 'sg-0123456789abcdef0'])).to.equal(
      'InvalidGroup.NotFound',
    )
    await aws.text(['ec2', 'create-tags', '--resources', seen.group, '--tags', 'Key=team,Value=mesh'])
    const tagged = [
      'ec2',
      'describe-security-groups',
      '--filters',
      'Name=tag:team,Values=mesh',
      '--query',
      'SecurityGroups[*].GroupId',
    ]
    expect(await aws.json(tagged)).to.deep.equal([seen.group])
  })

  it('creates the log group and the ECS cluster', async () => {
    const group = ['logs', 'create-log-group', '--log-group-name', '/ecs/ecs-demo']
    await aws.text(group)
    expect(await aws.refusal(group)).to.equal('ResourceAlreadyExistsException')
    // What a new account lacks, and AWS's own message says how to get.
    await aws.text(['iam', 'create-service-linked-role', '--aws-service-name', 'ecs.amazonaws.com'])
    const status = await aws.text(['ecs', 'create-cluster', '--cluster-name', ecs, '--query', 'cluster.status'])
    expect(status).to.equal('ACTIVE')
    const missing = await aws.json<{ failures: { reason: string }[] }>([
      'ecs',
      'describe-clusters',
      '--clusters',
      'missing',
    ])
    expect(missing.failures[0]?.reason).to.equal('MISSING')
  })

  it('registers revisions of a task definition', async () => {
    const definition = {
      family: 'shell-task-definition',
      requiresCompatibilities: ['FARGATE'],
      networkMode: 'awsvpc',
      cpu: '256',
      memory: '512',
      taskRoleArn: seen.role,
      executionRoleArn: seen.role,
      containerDefinitions: [
        {
          name: 'shell-task',
          image: 'curlimages/curl:8.11.1',
          command: ['sleep', 'infinity'],
          linuxParameters: { initProcessEnabled: true },
          logConfiguration: {
            logDriver: 'awslogs',
            options: {
              'awslogs-group': '/ecs/ecs-demo',
              'awslogs-region': 'us-east-1',
              'awslogs-stream-prefix': 'demo',
            },
          },
        },
      ],
    }
    const register = ['ecs', 'register-task-definition', '--cli-input-json', JSON.stringify(definition)]
    const first = await aws.json<Record<string, unknown>>([...register, '--query', 'taskDefinition'])
    expect(first).to.include({ family: 'shell-task-definition', revision: 1, status: 'ACTIVE' })
    seen.revision = await aws.text([...register, '--query', 'taskDefinition.taskDefinitionArn'])
    expect(seen.revision).to.match(/task-definition\/shell-task-definition:2$/)
    const list = [
      'ecs',
      'list-task-definitions',
      '--family-prefix',
      'shell-task-definition',
      '--query',
      'taskDefinitionArns',
    ]
    expect(await aws.json<string[]>(list)).to.have.length(2)
    const image = [
      'ecs',
      'describe-task-definition',
      '--task-definition',
      'shell-task-definition',
      '--query',
      'taskDefinition.containerDefinitions[0].image',
    ]
    expect(await aws.text(image)).to.equal('curlimages/curl:8.11.1')
    expect(await aws.refusal(['ecs', 'describe-task-definition', '--task-definition', 'missing'])).to.equal(
      'ClientException',
    )
  })

  it('runs a service and waits until it is stable', async () => {
    const network = `awsvpcConfiguration={subnets=[${seen.subnets.join(',')}],securityGroups=[${seen.group}],assignPublicIp=DISABLED}`
    const created = await aws.json<Record<string, unknown>>([
      ...[
        'ecs',
        'create-service',
        '--cluster',
        ecs,
        '--service-name',
        'shell-task',
        '--task-definition',
        seen.revision,
      ],
      ...['--desired-count', '1', '--launch-type', 'FARGATE', '--enable-execute-command'],
      ...['--network-configuration', network, '--query', 'service'],
    ])
    expect(created).to.include({ serviceName: 'shell-task', status: 'ACTIVE', enableExecuteCommand: true })
    await aws.text(['ecs', 'wait', 'services-stable', '--cluster', ecs, '--services', 'shell-task'])
    const service = await aws.json<{ runningCount: number; deployments: { status: string }[] }>([
      ...['ecs', 'describe-services', '--cluster', ecs, '--services', 'shell-task', '--query', 'services[0]'],
    ])
    expect(service.runningCount).to.equal(1)
    expect(service.deployments.map(({ status }) => status)).to.deep.equal(['PRIMARY'])
    expect(await aws.refusal(['ecs', 'describe-services', '--cluster', 'missing', '--services', 'a'])).to.equal(
      'ClusterNotFoundException',
    )
  })

  it('finds the running task with its network interface', async () => {
    const list = ['ecs', 'list-tasks', '--cluster', ecs, '--service-name', 'shell-task', '--desired-status', 'RUNNING']
    seen.task = await aws.text([...list, '--query', 'taskArns[0]'])
    await aws.text(['ecs', 'wait', 'tasks-running', '--cluster', ecs, '--tasks', seen.task])
    const describe = ['ecs', 'describe-tasks', '--cluster', ecs, '--tasks', seen.task, '--query', 'tasks[0]']
    const task = await aws.json<{ lastStatus: string; attachments: { details: { name: string; value: string }[] }[] }>(
      describe,
    )
    expect(task.lastStatus).to.equal('RUNNING')
    const networkInterface = task.attachments[0]?.details.find(({ name }) => name === 'networkInterfaceId')?.value ?? ''
    const group = await aws.text([
      ...['ec2', 'describe-network-interfaces', '--network-interface-ids', networkInterface],
      ...['--query', 'NetworkInterfaces[0].Groups[0].GroupId'],
    ])
    expect(group).to.equal(seen.group)
  })

  it('runs a command in the task through the session-manager-plugin', async () => {
    const execute = ['ecs', 'execute-command', '--cluster', ecs, '--task', seen.task, '--container', 'shell-task']
    const output = await aws.open([...execute, '--interactive', '--command', 'echo hello from ECS'])
    expect(output).to.contain('hello from ECS')
    const refused = [
      'ecs',
      'execute-command',
      '--cluster',
      ecs,
      '--task',
      '0'.repeat(32),
      '--interactive',
      '--command',
      'true',
    ]
    expect(await aws.refusal(refused)).to.equal('InvalidParameterException')
  })

  it('refuses to remove what is in use', async () => {
    expect(await aws.refusal(['ec2', 'delete-security-group', '--group-id', seen.group])).to.equal(
      'DependencyViolation',
    )
    expect(await aws.refusal(['ecs', 'delete-cluster', '--cluster', ecs])).to.equal('ClusterContainsServicesException')
    expect(await aws.refusal(['iam', 'delete-role', '--role-name', 'eks-ecs-task-role'])).to.equal('DeleteConflict')
    expect(await aws.refusal(['iam', 'delete-policy', '--policy-arn', seen.policy])).to.equal('DeleteConflict')
  })

  it('takes the service, the cluster and its task definitions away', async () => {
    const named = ['--cluster', ecs, '--service', 'shell-task']
    await aws.json(['ecs', 'update-service', ...named, '--desired-count', '0'])
    const deleted = await aws.text(['ecs', 'delete-service', ...named, '--force', '--query', 'service.status'])
    // Without tasks left there is nothing to drain.
    expect(deleted).to.be.oneOf(['DRAINING', 'INACTIVE'])
    await aws.text(['ecs', 'wait', 'services-inactive', '--cluster', ecs, '--services', 'shell-task'])
    await aws.text(['ecs', 'wait', 'tasks-stopped', '--cluster', ecs, '--tasks', seen.task])
    expect(await aws.text(['ecs', 'delete-cluster', '--cluster', ecs, '--query', 'cluster.status'])).to.equal(
      'INACTIVE',
    )
    const early = ['ecs', 'delete-task-definitions', '--task-definitions', seen.revision, '--query', 'failures']
    expect(await aws.json(early)).to.have.length(1)
    const gone = await aws.text([
      'ecs',
      'deregister-task-definition',
      '--task-definition',
      seen.revision,
      '--query',
      'taskDefinition.status',
    ])
    expect(gone).to.equal('INACTIVE')
    const removed = [
      'ecs',
      'delete-task-definitions',
      '--task-definitions',
      seen.revision,
      '--query',
      'taskDefinitions[0].status',
    ]
    expect(await aws.text(removed)).to.equal('DELETE_IN_PROGRESS')
  })

  it('takes the rest away, and then nothing is found', async () => {
    await aws.text(['logs', 'delete-log-group', '--log-group-name', '/ecs/ecs-demo'])
    await waitUntilFree(seen.group)
    await aws.text(['ec2', 'delete-security-group', '--group-id', seen.group])
    await aws.text(['iam', 'detach-role-policy', '--role-name', 'eks-ecs-task-role', '--policy-arn', seen.policy])
    await aws.text(['iam', 'delete-policy', '--policy-arn', seen.policy])
    await aws.text(['iam', 'delete-role', '--role-name', 'eks-ecs-task-role'])
    expect(await aws.refusal(['iam', 'get-policy', '--policy-arn', seen.policy])).to.equal('NoSuchEntity')
    expect(await aws.refusal(['ec2', 'describe-security-groups', '--group-ids', seen.group])).to.equal(
      'InvalidGroup.NotFound',
    )
    const groups = ['logs', 'describe-log-groups', '--log-group-name-prefix', '/ecs/ecs-demo', '--query', 'logGroups']
    expect(await aws.json(groups)).to.deep.equal([])
  })

  /** A task's network interface goes a moment after the task. */
  async function waitUntilFree(group: string): Promise<void> {
    const interfaces = [
      'ec2',
      'describe-network-interfaces',
      '--filters',
      `Name=group-id,Values=${group}`,
      '--query',
      'NetworkInterfaces[*].NetworkInterfaceId',
    ]
    for (let left = await aws.json<string[]>(interfaces); left.length > 0; ) left = await aws.json<string[]>(interfaces)
  }
})
