import type { EcsClusterSettings, Settings } from '../../src/lib/config/settings.ts'

/** The guide's ECS cluster. */
export const demoCluster: EcsClusterSettings = {
  name: 'ecs-ambient-ecs',
  namespace: 'ecs',
  serviceAccount: 'demo',
  services: [
    { name: 'shell-task', taskDefinition: 'shell-task' },
    { name: 'echo-service', taskDefinition: 'echo-service' },
  ],
}

/** Settings as the guide has them, for tests; each test says only what it is about. */
export const settings = (more: Partial<Settings> = {}): Settings => ({
  region: 'us-east-1',
  ownerName: 'tester',
  clusterName: 'ambient-ecs',
  numberNodes: 2,
  nodeType: 't2.medium',
  istioVersion: '1.24.1',
  hub: 'registry.example/istio',
  os: 'linux',
  arch: 'amd64',
  gatewayApi: 'https://example.invalid/standard-install.yaml',
  ecsClusters: [demoCluster],
  images: { shell: 'curlimages/curl:8.11.1', echo: 'gcr.io/istio-testing/app:1.24.1' },
  internetTarget: 'httpbin.org',
  istiodAccess: 'full',
  publicGateway: false,
  open: false,
  adopt: false,
  ...more,
})
