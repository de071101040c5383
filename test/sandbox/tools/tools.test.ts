import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'chai'
import { parseAllDocuments, stringify } from 'yaml'
import type { KubernetesCluster } from '../../../src/sandbox/kubernetes/server.ts'
import { type Sandbox, startSandbox } from '../../../src/sandbox/sandbox.ts'
import { type Ended, runIn } from '../support.ts'

const config = (more: object = {}) => ({
  apiVersion: 'eksctl.io/v1alpha5',
  kind: 'ClusterConfig',
  metadata: { name: 'demo', region: 'us-east-1', version: '1.34', tags: { owner: 'tester' } },
  addons: [{ name: 'vpc-cni' }, { name: 'eks-pod-identity-agent' }],
  iam: {
    withOIDC: true,
    podIdentityAssociations: [
      {
        namespace: 'istio-system',
        serviceAccountName: 'istiod',
        roleName: 'istiod-eks-ecs-demo',
        permissionPolicyARNs: ['arn:aws:iam::aws:policy/AmazonECS_FullAccess'],
      },
    ],
  },
  managedNodeGroups: [
    {
      name: 'managed-nodes',
      instanceType: 't2.medium',
      desiredCapacity: 2,
      privateNetworking: true,
      updateConfig: { maxUnavailable: 2 },
    },
  ],
  ...more,
})

const OPERATOR = stringify({
  apiVersion: 'install.istio.io/v1alpha1',
  kind: 'IstioOperator',
  spec: {
    profile: 'ambient',
    meshConfig: { accessLogFile: '/dev/stdout' },
    values: {
      global: { hub: 'registry.example/istio' },
      license: { value: 'top-secret' },
      platforms: { ecs: { cluster: 'ecs-demo' } },
      pilot: { env: { PILOT_ENABLE_IP_AUTOALLOCATE: 'true' } },
    },
  },
})

describe('the simulated tools', function () {
  this.timeout(30_000)
  let sandbox: Sandbox

  const tool = (name: string) => join(sandbox.dir, 'bin', name)
  const eksctl = (argv: string[], input?: string): Promise<Ended> => runIn(sandbox, tool('eksctl'), argv, input)
  const istioctl = (argv: string[], input?: string): Promise<Ended> => runIn(sandbox, tool('istioctl'), argv, input)
  const create = (more: object = {}) => eksctl(['create', 'cluster', '--config-file', '-'], stringify(config(more)))

  const clusterOf = (): KubernetesCluster => {
    const cluster = sandbox.kubernetes.get('demo')
    if (!cluster) throw new Error('there is no cluster')
    return cluster
  }

  /** Waits until something is so, in the sandbox's time. */
  async function until(what: () => boolean): Promise<void> {
    for (let tries = 0; !what(); tries++) {
      if (tries > 1000) throw new Error(`never: ${what}`)
      await sandbox.clock.sleep(500)
    }
  }

  describe('eksctl', () => {
    beforeEach(async () => {
      sandbox = await startSandbox({ speed: 2000 })
    })
    afterEach(() => sandbox.close())

    it('makes a cluster with nodes, and takes all of it away again', async () => {
      const region = sandbox.aws.region()
      const made = await create()
      expect(made.code, made.stdout + made.stderr).to.equal(0)
      expect(made.stdout)
        .to.contain('deploying stack "eksctl-demo-cluster"')
        .and.contain('EKS cluster "demo" in "us-east-1" region is ready')
      expect([...region.cloudformation.stacks.values()].map(({ name, status }) => `${name} ${status}`)).to.deep.equal([
        'eksctl-demo-cluster CREATE_COMPLETE',
        'eksctl-demo-nodegroup-managed-nodes CREATE_COMPLETE',
        'eksctl-demo-podidentityrole-istio-system-istiod CREATE_COMPLETE',
      ])
      await until(() => clusterOf().store.list('Node').length === 2)
      const cluster = region.eks.clusters.get('demo')
      expect([...(cluster?.podIdentities.values() ?? [])].map(({ serviceAccount }) => serviceAccount)).to.deep.equal([
        'istiod',
      ])
      const again = await create()
      expect(again).to.include({ code: 1 })
      expect(again.stderr).to.contain('AlreadyExistsException: Stack [eksctl-demo-cluster] already exists')

      const gone = await eksctl([
        'delete',
        'cluster',
        '--name',
        'demo',
        '--region',
        'us-east-1',
        '--wait',
        '--disable-nodegroup-eviction',
      ])
      expect(gone.code, gone.stdout + gone.stderr).to.equal(0)
      expect(region.eks.clusters.size).to.equal(0)
      expect([...region.ec2.vpcs.values()].filter(({ isDefault }) => !isDefault)).to.deep.equal([])
      expect(sandbox.kubernetes.get('demo')).to.equal(undefined)
      const missing = await eksctl(['delete', 'cluster', '--name', 'demo', '--region', 'us-east-1'])
      expect(missing.code).to.equal(1)
      expect(missing.stderr).to.contain('ResourceNotFoundException: No cluster found for name: demo.')
    })

    it('gives the role of a pod identity its own policy, and the marks of its stack', async () => {
      const permissionPolicy = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action: ['ecs:List*'], Resource: '*' }],
      }
      const identity = { namespace: 'istio-system', serviceAccountName: 'istiod', roleName: 'narrow', permissionPolicy }
      expect((await create({ iam: { podIdentityAssociations: [identity] } })).code).to.equal(0)
      const role = sandbox.aws.iam.roles.get('narrow')
      expect([...(role?.inline.values() ?? [])].map(document => JSON.parse(document))).to.deep.equal([permissionPolicy])
      expect(Object.fromEntries(role?.tags ?? [])).to.include({
        owner: 'tester',
        'alpha.eksctl.io/cluster-name': 'demo',
        'aws:cloudformation:stack-name': 'eksctl-demo-podidentityrole-istio-system-istiod',
      })
    })

    it('takes load balancers of Services away first', async () => {
      await create()
      const { store } = clusterOf()
      const spec = { type: 'LoadBalancer', ports: [{ port: 80 }] }
      store.create({ apiVersion: 'v1', kind: 'Service', metadata: { name: 'web', namespace: 'default' }, spec })
      const { loadBalancers } = sandbox.aws.region().elb
      await until(() => loadBalancers.size === 1)
      await until(() => JSON.stringify(store.get('Service', 'web', 'default')).includes('"hostname":"0x7f'))
      const gone = await eksctl(['delete', 'cluster', '--name', 'demo', '--region', 'us-east-1', '--wait'])
      expect(gone.code, gone.stdout + gone.stderr).to.equal(0)
      expect(loadBalancers.size).to.equal(0)
    })

    const wrong: readonly (readonly [what: string, more: object, message: string])[] = [
      ['an unknown field', { nodeGrops: [] }, 'Unrecognized key: "nodeGrops"'],
      ['another kind', { kind: 'Cluster' }, 'kind'],
      ['no region', { metadata: { name: 'demo' } }, 'metadata.region'],
      [
        'a version that is a number',
        { metadata: { name: 'demo', region: 'us-east-1', version: 1.34 } },
        'metadata.version',
      ],
      [
        'a version out of support',
        { metadata: { name: 'demo', region: 'us-east-1', version: '1.20' } },
        '1.20 is not supported',
      ],
    ]
    for (const [what, more, message] of wrong) {
      it(`refuses ${what}`, async () => {
        const ended = await create(more)
        expect(ended.code).to.equal(1)
        expect(ended.stderr).to.contain(message)
        expect(sandbox.aws.region().cloudformation.stacks.size).to.equal(0)
      })
    }

    it('fails without credentials, and on the way to another AWS', async () => {
      const with_ = (more: Record<string, string>) => ({ ...sandbox, environment: { ...sandbox.environment, ...more } })
      const argv = ['create', 'cluster', '--config-file', '-']
      const nobody = await runIn(with_({ AWS_ACCESS_KEY_ID: '' }), tool('eksctl'), argv, stringify(config()))
      expect(nobody).to.include({ code: 1 })
      expect(nobody.stderr).to.contain('checking AWS STS access')
      const elsewhere = await runIn(with_({ AWS_ENDPOINT_URL: '' }), tool('eksctl'), argv, stringify(config()))
      expect(elsewhere.stderr).to.contain('AWS_ENDPOINT_URL')
    })

    it('leaves a half-made cluster when it is killed, which it then refuses and can delete', async () => {
      await sandbox.close()
      sandbox = await startSandbox({ speed: 500 })
      const { stacks } = sandbox.aws.region().cloudformation
      const { spawn } = await import('node:child_process')
      const child = spawn(tool('eksctl'), ['create', 'cluster', '--config-file', '-'], { env: sandbox.environment })
      child.stdin.end(stringify(config()))
      await until(() => stacks.size === 1)
      child.kill('SIGKILL')
      await until(() => [...stacks.values()].every(({ status }) => status === 'CREATE_COMPLETE'))
      await sandbox.clock.sleep(60_000)
      expect([...stacks.values()].map(({ name }) => name)).to.deep.equal(['eksctl-demo-cluster'])
      expect((await create()).stderr).to.contain('already exists')
      const gone = await eksctl(['delete', 'cluster', '--name', 'demo', '--region', 'us-east-1', '--wait'])
      expect(gone.code, gone.stderr).to.equal(0)
    })
  })

  describe('istioctl', () => {
    before(async () => {
      sandbox = await startSandbox({ speed: 1000 })
      const made = await create()
      expect(made.code, made.stderr).to.equal(0)
      await until(() => clusterOf().store.list('Node').length === 2)
      const bundle = await (await fetch(sandbox.environment.GATEWAY_API_URL ?? '')).text()
      for (const document of parseAllDocuments(bundle)) clusterOf().store.apply(document.toJS())
      await sandbox.aws.call('iam', 'CreateServiceLinkedRole', { AWSServiceName: 'ecs.amazonaws.com' })
      await sandbox.clock.sleep(30_000)
      await sandbox.aws.call('ecs', 'CreateCluster', { clusterName: 'ecs-demo' })
    })
    after(() => sandbox.close())

    it('says its version, and that of the cluster', async () => {
      expect(await istioctl(['version', '--remote=false'])).to.include({
        code: 0,
        stdout: 'client version: 1.24.1-solo\n',
      })
      expect((await istioctl(['version'])).stdout).to.equal(
        'Istio is not present in the cluster: no running Istio pods in namespace "istio-system"\nclient version: 1.24.1-solo\n',
      )
      const json = await istioctl(['version', '-o', 'json'])
      expect(JSON.parse(json.stdout).clientVersion.version).to.equal('1.24.1-solo')
    })

    it('goes where the kubeconfig leads, with the credential of that', async () => {
      const cluster = clusterOf()
      const write = async (name: string, user: object, server = cluster.url) => {
        const path = join(sandbox.dir, name)
        const ca = Buffer.from(cluster.ca).toString('base64')
        const content = {
          clusters: [{ name: 'c', cluster: { server, 'certificate-authority-data': ca } }],
          users: [{ name: 'u', user }],
          contexts: [{ name: 'x', context: { cluster: 'c', user: 'u' } }],
          'current-context': 'x',
        }
        await writeFile(path, stringify(content))
        return path
      }
      const status = (kubeconfig: string, ...more: string[]) =>
        istioctl(['waypoint', 'status', '-n', 'default', '--kubeconfig', kubeconfig, ...more])
      const good = await write('good', { token: cluster.adminToken })
      expect((await status(good)).code).to.equal(0)
      expect((await status(good, '--context', 'other')).stderr).to.contain('context "other" does not exist')
      expect((await status(join(sandbox.dir, 'missing'))).stderr).to.contain('no such file or directory')
      const plugin = (script: string) => ({ exec: { command: '/bin/sh', args: ['-c', script] } })
      const printing = (token: string) => plugin(`printf '{"status":{"token":"%s"}}' ${token}`)
      expect((await status(await write('exec', printing(cluster.adminToken)))).code).to.equal(0)
      const stranger = await status(await write('stranger', printing('nonsense')))
      expect(stranger).to.include({ code: 1 })
      expect(stranger.stderr).to.contain('the server has asked for the client to provide credentials')
      const broken = await status(await write('broken', plugin('exit 3')))
      expect(broken.stderr).to.contain('getting credentials: exec: executable /bin/sh failed')
      const nobody = await status(await write('nobody', {}, 'https://127.0.0.1:1'))
      expect(nobody.stderr).to.contain('ECONNREFUSED')
    })

    it('refuses what is no IstioOperator, before it touches the cluster', async () => {
      const install = (input: string) => istioctl(['install', '-y', '-f', '-'], input)
      expect((await install('kind: Deployment\n')).stderr).to.contain('must contain an IstioOperator')
      expect((await install(OPERATOR.replace('profile', 'profil'))).stderr).to.contain('unknown field "profil"')
      expect((await istioctl(['install', '-f', '-'], OPERATOR)).code).to.equal(1)
      expect(clusterOf().store.get('Namespace', 'istio-system')).to.equal(undefined)
      expect((await istioctl(['nonsense'])).stderr).to.equal('Error: unknown command "nonsense" for "istioctl"\n')
      expect((await istioctl(['install', '--nonsense'])).stderr).to.equal('Error: unknown flag: --nonsense\n')
    })

    it('installs Istio, keeps the licence to itself, and waits until it runs', async () => {
      const { store } = clusterOf()
      const installed = await istioctl(['install', '-y', '-f', '-'], OPERATOR)
      expect(installed.code, installed.stderr).to.equal(0)
      expect(installed.stdout.split('\n')).to.deep.equal([
        '✔ Istio core installed ⛵️',
        '✔ Istiod installed 🧠',
        '✔ CNI installed 🪢',
        '✔ Ztunnel installed 🔒',
        '✔ Installation complete',
        'The ambient profile has been installed successfully, enjoy Istio without sidecars!',
        '',
      ])
      expect(JSON.stringify(store.kinds.all().flatMap(kind => store.list(kind)))).to.not.contain('top-secret')
      expect((await istioctl(['version'])).stdout).to.contain('control plane version: 1.24.1-solo\n')
      await until(() => store.list('GatewayClass').length === 4)
      await until(() => store.get('ConfigMap', 'istio-ca-root-cert', 'default') !== undefined)
      expect(store.read('Namespace', 'istio-system').metadata.deletionTimestamp).to.equal(undefined)
    })

    describe('ecs add-service', () => {
      const region = 'us-east-1'
      const role = 'arn:aws:iam::111122223333:role/ecs/ambient/task'
      const add = (service: string, ...more: string[]) =>
        istioctl(['ecs', 'add-service', service, '--cluster', 'ecs-demo', '--namespace', 'ecs', ...more])

      before(async () => {
        const { store } = clusterOf()
        store.create({
          apiVersion: 'v1',
          kind: 'Namespace',
          metadata: { name: 'ecs', labels: { 'istio.io/dataplane-mode': 'ambient' } },
        })
        await until(() => store.get('ServiceAccount', 'default', 'ecs') !== undefined)
        const trust = {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Principal: { Service: 'ecs-tasks.amazonaws.com' }, Action: 'sts:AssumeRole' }],
        }
        await sandbox.aws.call('iam', 'CreateRole', {
          RoleName: 'task',
          Path: '/ecs/ambient/',
          AssumeRolePolicyDocument: JSON.stringify(trust),
        })
        await sandbox.aws.call('logs', 'CreateLogGroup', { logGroupName: '/ecs/ecs-demo' })
        await sandbox.clock.sleep(30_000)
        const logConfiguration = {
          logDriver: 'awslogs' as const,
          options: { 'awslogs-group': '/ecs/ecs-demo', 'awslogs-region': region, 'awslogs-stream-prefix': 'echo' },
        }
        const { taskDefinition } = await sandbox.aws.call('ecs', 'RegisterTaskDefinition', {
          family: 'echo',
          networkMode: 'awsvpc',
          requiresCompatibilities: ['FARGATE'],
          cpu: '256',
          memory: '512',
          taskRoleArn: role,
          executionRoleArn: role,
          containerDefinitions: [
            {
              name: 'echo',
              image: 'gcr.io/istio-testing/app:1.24.1',
              portMappings: [{ containerPort: 8080 }],
              logConfiguration,
            },
          ],
          tags: [{ key: 'environment', value: 'ecs-demo' }],
        })
        const subnets = [...sandbox.aws.region().ec2.subnets.values()]
          .filter(({ mapPublicIp }) => !mapPublicIp)
          .map(({ id }) => id)
        await sandbox.aws.call('ecs', 'CreateService', {
          cluster: 'ecs-demo',
          serviceName: 'echo',
          taskDefinition: taskDefinition?.taskDefinitionArn ?? '',
          desiredCount: 1,
          launchType: 'FARGATE',
          networkConfiguration: { awsvpcConfiguration: { subnets } },
        })
      })

      it('needs a service, and a gateway with an address', async () => {
        const run = async (...argv: string[]) => (await istioctl(['ecs', 'add-service', ...argv])).stderr
        expect(await run('echo')).to.equal('Error: add-service needs --cluster, the ECS cluster of the service\n')
        expect(await run('echo', '--cluster', 'c')).to.contain('needs --namespace')
        expect(await run('--cluster', 'c')).to.contain('takes the name of one ECS service')
        expect((await add('nosuch')).stderr).to.contain('ECS cluster ecs-demo has no service nosuch')
        expect((await add('echo', '--cluster', 'nosuch')).stderr).to.contain('ClusterNotFoundException')
        expect((await add('echo')).stderr).to.contain('no Gateway that exposes it has an address')
        expect((await add('echo', '--service-account', 'nosuch')).stderr).to.contain(
          'there is no service account ecs/nosuch',
        )
      })

      it('adds a ztunnel that all else waits for, and tells as the guide shows it', async () => {
        const { store } = clusterOf()
        const metadata = { name: 'eastwest', namespace: 'istio-system', labels: { 'istio.io/expose-istiod': '15012' } }
        const listeners = [{ name: 'cross-network', port: 15008, protocol: 'HBONE' }]
        store.create({
          apiVersion: 'gateway.networking.k8s.io/v1',
          kind: 'Gateway',
          metadata,
          spec: { gatewayClassName: 'istio-eastwest', listeners },
        })
        await until(() => sandbox.mesh.plane('us-east-1/demo')?.istiodGateway?.address !== undefined)
        const added = await add('echo')
        expect(added.code, added.stderr).to.equal(0)
        const address = sandbox.mesh.plane('us-east-1/demo')?.istiodGateway?.address
        expect(added.stdout.split('\n')).to.deep.equal([
          '• Generating a bootstrap token for ecs/default...',
          '• Fetched Istiod Root Cert',
          '• Fetching Istiod URL...',
          '  • Service "eastwest" provides Istiod access on port 15012',
          `• Fetching Istiod URL (https://${address}:15012)`,
          `• Workload is authorized to run as role "${role}"`,
          '• Created task definition arn:aws:ecs:us-east-1:111122223333:task-definition/echo:2',
          '• Successfully enrolled service "echo" (arn:aws:ecs:us-east-1:111122223333:service/ecs-demo/echo) to the mesh',
          '',
        ])
        const { taskDefinition, tags } = await sandbox.aws.call('ecs', 'DescribeTaskDefinition', {
          taskDefinition: 'echo:2',
          include: ['TAGS'],
        })
        const [echo, ztunnel] = taskDefinition?.containerDefinitions ?? []
        expect(echo?.dependsOn).to.deep.equal([{ containerName: 'ztunnel', condition: 'HEALTHY' }])
        expect(ztunnel).to.deep.include({ name: 'ztunnel', image: 'registry.example/istio/ztunnel:1.24.1-solo' })
        expect(ztunnel?.logConfiguration?.options).to.deep.equal({
          'awslogs-group': '/ecs/ecs-demo',
          'awslogs-region': region,
          'awslogs-stream-prefix': 'ztunnel',
        })
        expect(tags).to.deep.equal([{ key: 'environment', value: 'ecs-demo' }])
        const { services } = await sandbox.aws.call('ecs', 'DescribeServices', {
          cluster: 'ecs-demo',
          services: ['echo'],
          include: ['TAGS'],
        })
        expect(services?.[0]?.tags).to.deep.equal([{ key: 'ecs.solo.io/service-account', value: 'default' }])
        await until(() => store.list('WorkloadEntry', { namespace: 'ecs' }).length === 1)
        const json = await istioctl(['ztunnel-config', 'workloads', '-o', 'json'])
        const [workload] = JSON.parse(json.stdout).filter(({ namespace }: { namespace: string }) => namespace === 'ecs')
        expect(workload).to.include({ protocol: 'HBONE', serviceAccount: 'default', workloadName: 'echo' })
      })

      it('enrols again without a second ztunnel', async () => {
        expect((await add('echo')).code).to.equal(0)
        const { taskDefinition } = await sandbox.aws.call('ecs', 'DescribeTaskDefinition', { taskDefinition: 'echo' })
        const names = taskDefinition?.containerDefinitions?.map(({ name, dependsOn }) => [name, dependsOn?.length ?? 0])
        expect(names).to.deep.equal([
          ['echo', 1],
          ['ztunnel', 0],
        ])
      })

      it('goes by the role that a service account stands for', async () => {
        const account = (name: string, named: string) =>
          clusterOf().store.create({
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { name, namespace: 'ecs', annotations: { 'ecs.solo.io/role-arn': named } },
          })
        account('taken', 'arn:aws:iam::111122223333:role/other')
        const refused = await add('echo', '--service-account', 'taken')
        expect(refused.code).to.equal(1)
        expect(refused.stderr).to.contain('ecs/taken is for role arn:aws:iam::111122223333:role/other')
        account('whole', role)
        account('without-path', 'arn:aws:iam::111122223333:role/task')
        for (const name of ['whole', 'without-path']) {
          const added = await add('echo', '--external', '--service-account', name, '--profile', 'any')
          expect(added.code, added.stderr).to.equal(0)
          expect(added.stdout).to.contain(`Generating a bootstrap token for ecs/${name}...`)
        }
      })
    })

    describe('once services are enrolled', () => {
      it('applies a waypoint, enrols the namespace, and deletes it', async () => {
        const { store } = clusterOf()
        const applied = await istioctl(['waypoint', 'apply', '-n', 'ecs', '--enroll-namespace', '--wait'])
        expect(applied.code, applied.stderr).to.equal(0)
        expect(applied.stdout).to.equal(
          '✅ waypoint ecs/waypoint applied\n✅ namespace ecs labeled with "istio.io/use-waypoint: waypoint"\n',
        )
        expect(store.read('Namespace', 'ecs').metadata.labels).to.include({ 'istio.io/use-waypoint': 'waypoint' })
        expect((await istioctl(['waypoint', 'status', '-n', 'ecs'])).stdout).to.contain(
          'ecs\twaypoint\tTrue\tProgrammed',
        )
        const policies = await istioctl(['ztunnel-config', 'policies', '-o', 'json'])
        expect(JSON.parse(policies.stdout)).to.deep.equal([])
        expect((await istioctl(['proxy-status'])).stdout).to.contain('waypoint-')
        expect((await istioctl(['waypoint', 'delete', 'waypoint', '-n', 'ecs'])).stdout).to.equal(
          'waypoint ecs/waypoint deleted\n',
        )
        await until(() => store.get('Deployment', 'waypoint', 'ecs') === undefined)
        expect((await istioctl(['waypoint', 'delete', 'waypoint', '-n', 'ecs'])).stderr).to.contain('not found')
      })

      it('uninstalls all that it installed', async () => {
        const { store } = clusterOf()
        expect((await istioctl(['uninstall', '-y'])).stderr).to.contain('--purge')
        expect((await istioctl(['uninstall', '--purge', '-y'])).code).to.equal(0)
        await until(() => store.list('Pod', { namespace: 'istio-system', labels: 'app' }).length === 0)
        expect(store.list('CustomResourceDefinition', { labels: 'release=istio' })).to.deep.equal([])
        expect(clusterOf().failures).to.deep.equal([])
      })
    })
  })
})
