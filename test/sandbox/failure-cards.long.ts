import { expect } from 'chai'
import { failureOf, Incomplete } from '../../src/cli/outcome.ts'
import { stepsJson, throwIfFailed } from '../../src/cli/results.ts'
import type { Settings } from '../../src/lib/config/settings.ts'
import { allSteps } from '../../src/lib/steps/index.ts'
import { failureCard } from '../../src/lib/ui/failure-card.ts'
import type { Call, Fault } from '../../src/sandbox/calls.ts'
import { type MeshStep, type MeshWorld, startMesh, succeeded } from './steps/mesh-world.ts'

const steps = (...ids: readonly string[]): readonly MeshStep[] => allSteps.filter(({ id }) => ids.includes(id))

/** An answer of AWS or of Kubernetes instead of its own. */
const refusal = (code: string, message: string, status = 403): Fault => ({
  kind: 'error',
  when: 'before',
  code,
  status,
  message,
})

/**
 * Each step fails in the ways in which it fails in practice, and its card names the root cause. The steps stand on each
 * other, as in the walkthrough: after its failures each one is made.
 */
describe('the card of a step that fails', function () {
  this.timeout(60_000)
  let world: MeshWorld
  before(async () => {
    world = await startMesh({ speed: 1000 })
  })
  after(() => world.close())
  afterEach(() => {
    world.sandbox.calls.fault = () => undefined
  })

  const card = async (id: string, more: Partial<Settings> = {}): Promise<string> => {
    const { results } = await world.up(steps(id), more)
    try {
      throwIfFailed(results, stepsJson(results), world.settings(more))
    } catch (error) {
      if (!(error instanceof Incomplete)) throw error
      return failureCard(failureOf(error), false).join('\n')
    }
    throw new Error(`step ${id} did not fail`)
  }
  const on = (service: string, operation: string | RegExp, fault: Fault) => {
    const meant = (call: Call) =>
      call.service === service &&
      (typeof operation === 'string'
        ? call.operation === operation
        : operation.test(`${call.operation} ${call.subject}`))
    world.sandbox.calls.fault = call => (meant(call) ? fault : undefined)
  }
  const made = async (id: string) => {
    world.sandbox.calls.fault = () => undefined
    succeeded(await world.up(steps(id)))
  }
  const region = () => world.sandbox.aws.region()

  describe('cluster', () => {
    it('CloudFormation event: a quota', async () => {
      const quota = region().quotas.quotas.get('L-F678F1CE')
      if (quota) quota.value = 0
      const text = await card('cluster')
      if (quota) quota.value = 5
      expect(text).to.match(/Why:[\s\S]*The maximum number of VPCs has been reached/)
      expect(text).to.match(/What stands:[\s\S]*stack eksctl-ambient-ecs-cluster: \w+, up to about \$0\.15 an hour/)
      expect(text).to.match(/Undo:\n +ecs-ambient cluster delete/)
      expect(text).to.match(/doctor --only EA1002/)
    })
    it("the tool's own words", async () => {
      on('eksctl', 'create cluster', refusal('Error', 'getting availability zones: no zones'))
      expect(await card('cluster')).to.include('getting availability zones: no zones')
    })
    it('a version that EKS does not support, with those that it does', async () => {
      expect(await card('cluster', { eksVersion: '1.30' })).to.match(/EKS_VERSION_UNSUPPORTED[\s\S]*in support: 1\.\d+/)
    })
    after(() => made('cluster'))
  })

  describe('gateway-api', () => {
    it('a release that cannot be had', async () => {
      const gatewayApi = world.settings().gatewayApi.replace('standard-install', 'no-such-release')
      expect(await card('gateway-api', { gatewayApi })).to.match(/no-such-release[\s\S]*404/)
    })
    it("the API server's refusal", async () => {
      on(
        'apiextensions.k8s.io',
        /PATCH/,
        refusal('Forbidden', 'customresourcedefinitions is forbidden: User "x" cannot patch'),
      )
      expect(await card('gateway-api')).to.include('is forbidden: User "x" cannot patch')
    })
    after(() => made('gateway-api'))
  })

  describe('istio', () => {
    it("istioctl's own words", async () => {
      on(
        'istioctl',
        'install',
        refusal('Error', "failed to wait for resource: Deployment/istio-system/istiod: image can't be pulled"),
      )
      const text = await card('istio')
      expect(text)
        .to.include("image can't be pulled")
        .and.to.match(/doctor --only EA1003/)
    })
    it('what only Solo.io has', async () => {
      const { hub: _hub, ...without } = world.settings()
      const { results } = await world.up(steps('istio'), { ...without, hub: undefined } as unknown as Settings)
      expect(failureOf(results[0]?.error).message).to.include('HUB is not set')
    })
    after(() => made('istio'))
  })

  describe('iam', () => {
    it('an action that is not allowed', async () => {
      on('iam', 'CreateRole', refusal('AccessDenied', 'User: x is not authorized to perform: iam:CreateRole'))
      const text = await card('iam')
      expect(text).to.match(/not allowed to do iam:CreateRole[\s\S]*User: x is not authorized[\s\S]*EA1102/)
    })
    it('what it has made all the same, and how to undo it', async () => {
      on('iam', 'AttachRolePolicy', refusal('UnmodifiableEntity', 'Cannot attach: the role is being deleted', 400))
      const text = await card('iam')
      expect(text).to.include('Cannot attach: the role is being deleted')
      expect(text).to.match(/What stands:\n +1 iam-policy, 2 iam-role/)
      expect(text).to.match(/Undo:\n +ecs-ambient iam delete/)
    })
    after(() => made('iam'))
  })

  describe('namespace', () => {
    it('an admission webhook', async () => {
      on(
        'core',
        /PATCH .*\/namespaces\/ecs$/,
        refusal('BadRequest', 'admission webhook "policy.example" denied the request: no team label', 400),
      )
      expect(await card('namespace')).to.include('admission webhook "policy.example" denied the request: no team label')
    })
    it("somebody else's object of the same name", async () => {
      const store = world.sandbox.kubernetes.get('ambient-ecs')?.store
      const labels = { 'istio.io/dataplane-mode': 'none' }
      store?.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'ecs', labels } }, { manager: 'kubectl' })
      expect(await card('namespace')).to.match(/NOT_OURS[\s\S]*Namespace ecs[\s\S]*dataplane-mode[\s\S]*--adopt/)
      store?.patch('Namespace', 'ecs', undefined, { metadata: { labels: { 'istio.io/dataplane-mode': 'ambient' } } })
    })
    after(() => made('namespace'))
  })

  describe('east-west', () => {
    it("why the load balancer is not made: the Service's event", async () => {
      const balancers = region().quotas.quotas.get('L-E9E9831D')
      if (balancers) balancers.value = 0
      const text = await card('east-west', { timeout: 20_000 })
      if (balancers) balancers.value = 20
      expect(text).to.match(/Why:[\s\S]*SyncLoadBalancerFailed[\s\S]*Exceeded quota of account/)
    })
    after(() => made('east-west'))
  })

  describe('ecs', () => {
    it('a quota', async () => {
      on(
        'ec2',
        'CreateSecurityGroup',
        refusal('SecurityGroupLimitExceeded', 'The maximum number of groups is reached', 400),
      )
      expect(await card('ecs')).to.match(/QUOTA_EXCEEDED[\s\S]*maximum number of groups[\s\S]*servicequotas/)
    })
    it('an image that cannot be pulled: the stopped reason', async () => {
      region().ecs.badImages.add('curlimages/curl:none')
      const images = { ...world.settings().images, shell: 'curlimages/curl:none' }
      const text = await card('ecs', { images })
      expect(text).to.match(/ROLLOUT_FAILED[\s\S]*CannotPullContainerError[\s\S]*curlimages\/curl:none: not found/)
      expect(text).to.match(/ecs-service ecs-ambient-ecs\/echo-service: about \$0\.01 an hour/)
      expect(text).to.match(/Undo:\n +ecs-ambient ecs delete/)
      expect(text).to.include('docs/checks/EA1453.md')
    })
    it('an action that is not allowed', async () => {
      on('ecs', 'UpdateService', refusal('AccessDeniedException', 'not authorized to perform: ecs:UpdateService', 400))
      expect(await card('ecs')).to.include('not authorized to perform: ecs:UpdateService')
    })
    after(() => made('ecs'))
  })

  describe('enroll', () => {
    it("istioctl's own words", async () => {
      on('istioctl', 'ecs add-service', refusal('Error', 'failed to describe task definition: access denied'))
      expect(await card('enroll')).to.include('failed to describe task definition: access denied')
    })
    it('a ztunnel whose image cannot be pulled: the stopped reason', async () => {
      const { hub } = world.settings()
      const bad = [`${hub}/ztunnel:1.24.1-solo`, `${hub}/ztunnel:1.24.1-solo-distroless`, `${hub}/ztunnel:1.24.1`]
      for (const image of bad) region().ecs.badImages.add(image)
      const text = await card('enroll')
      for (const image of bad) region().ecs.badImages.delete(image)
      expect(text).to.match(/CannotPullContainerError[\s\S]*ztunnel/)
    })
    after(() => made('enroll'))
  })

  describe('apps', () => {
    it("why a pod waits: its container's reason", async () => {
      const images = { ...world.settings().images, shell: 'curlimages/curl:none' }
      world.sandbox.kubernetes.get('ambient-ecs')?.badImages.add('curlimages/curl:none')
      expect(await card('apps', { images, timeout: 12_000 })).to.match(/ImagePullBackOff[\s\S]*curlimages\/curl:none/)
    })
    after(() => made('apps'))
  })
})
