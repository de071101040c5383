import { expect } from 'chai'
import { ecrCheck, privateRegistryCheck, pullCheck, registryOf } from '../../../../src/lib/doctor/checks/registry.ts'
import { judged, ROLE, simulated } from './support.ts'

const ECR_IMAGE = '111122223333.dkr.ecr.us-east-1.amazonaws.com/team/app:1'
const use = (image: string, more: object = {}) => ({
  service: 'app',
  container: { name: 'app', image, ...more },
  definition: {},
})
function ecr(role: string, results: readonly unknown[]) {
  return { roles: [{ role, images: [ECR_IMAGE], results }] }
}
function images(...uses: readonly unknown[]) {
  return { uses, pulled: new Set() }
}
function pulls(taskDefinitionArn: string, stoppedReason: string) {
  const uses = [{ ...use('a'), definition: { taskDefinitionArn: 'td:2' } }]
  return { stopped: [{ taskDefinitionArn, stoppedReason, group: 'service:app' }], uses }
}

describe('doctor: registry', () => {
  judged([
    [
      ecrCheck,
      [
        [
          ecr(ROLE, simulated('implicitDeny', 'ecr:BatchGetImage')),
          'failed',
          /not allowed: ecr:BatchGetImage/,
          /attach-role-policy --role-name someone/,
        ],
        [ecr('', []), 'failed', /without an execution role/],
        [
          ecr(ROLE.replace('111122223333', '444455556666'), simulated('allowed', 'a')),
          'warning',
          /another account's/,
          /--repository-name team\/app/,
        ],
        [ecr(ROLE, simulated('allowed', 'ecr:BatchGetImage')), 'ok', /team\/app/],
        [{ roles: [] }, 'not-applicable', /ECR/],
      ],
    ],
    [
      privateRegistryCheck,
      [
        [images(use('registry.example/team/app:1')), 'warning', /registry.example\/team\/app:1/, /Secrets Manager/],
        [
          images(use('registry.example/a:1', { repositoryCredentials: { credentialsParameter: 'arn' } })),
          'ok',
          /registry.example/,
        ],
        [{ uses: [use('registry.example/a:1')], pulled: new Set(['registry.example/a:1']) }, 'ok', /registry.example/],
        [
          images(use('curlimages/curl:8'), use('us-docker.pkg.dev/x/istio/ztunnel:1'), use('public.ecr.aws/a/b')),
          'ok',
          /docker.io/,
        ],
        [images(use(ECR_IMAGE)), 'ok', /come from ECR/],
      ],
    ],
    [
      pullCheck,
      [
        [pulls('td:2', 'CannotPullContainerError: not found'), 'failed', /app: CannotPull/, /EA1401/],
        [pulls('td:1', 'CannotPullContainerError: not found'), 'ok', /none/],
        [pulls('td:2', 'Essential container exited'), 'ok', /none/],
      ],
    ],
  ])
})

describe('the registry of an image', () => {
  it('is Docker Hub where none is named', () => {
    expect(registryOf('curlimages/curl:8')).to.equal('docker.io')
    expect(registryOf('alpine')).to.equal('docker.io')
    expect(registryOf('localhost:5000/a')).to.equal('localhost:5000')
    expect(registryOf('registry.example/a/b@sha256:0')).to.equal('registry.example')
  })
})
