import {
  addonCheck,
  associationAge,
  clusterCheck,
  entryCheck,
  versionCheck,
} from '../../../../src/lib/doctor/checks/eks.ts'
import { Failure } from '../../../../src/lib/engine/failure.ts'
import { judged, ROLE } from './support.ts'

const forbidden = new Failure({ code: 'KUBERNETES_FORBIDDEN', message: 'refused', why: ['403 Forbidden'] })
const unauthorized = new Failure({ code: 'KUBERNETES_UNAUTHORIZED', message: 'refused' })
const unreachable = new Failure({ code: 'KUBERNETES_UNREACHABLE', message: 'did not answer' })
const named = { clusterName: 'ambient-ecs', region: 'us-east-1' }
const offered = [
  { clusterVersion: '1.35', versionStatus: 'STANDARD_SUPPORT', endOfStandardSupportDate: new Date('2027-03-27') },
  { clusterVersion: '1.33', versionStatus: 'EXTENDED_SUPPORT', endOfExtendedSupportDate: new Date('2027-07-29') },
  { clusterVersion: '1.30', versionStatus: 'UNSUPPORTED' },
]
const version = (seen: string | undefined, wanted?: string) => ({ ...named, version: seen, wanted, offered })
const entry = (refused: Failure | undefined, has = true) => ({
  ...named,
  principal: ROLE,
  entry: has ? { principalArn: ROLE } : undefined,
  refused,
})
const addon = (status: string | undefined) => ({
  ...named,
  addons: [
    { name: 'vpc-cni', addon: status && { status, addonVersion: 'v1', health: { issues: [{ message: 'no role' }] } } },
  ],
})
const bad = new Date('2026-01-01')
const pod = (startTime: string) => ({
  metadata: { name: 'istiod-1', labels: { app: 'istiod' } },
  status: { startTime },
})

describe('doctor: eks', () => {
  judged([
    [
      clusterCheck,
      [
        [{ ...named, cluster: undefined }, 'failed', /no EKS cluster/, /cluster create/],
        [{ ...named, cluster: { status: 'FAILED' } }, 'failed', /FAILED/, /cluster delete/],
        [{ ...named, cluster: { status: 'CREATING' } }, 'failed', /CREATING/, /--wait/],
        [
          {
            ...named,
            cluster: { status: 'ACTIVE', health: { issues: [{ code: 'Ec2SubnetNotFound', message: 'gone' }] } },
          },
          'warning',
          /Ec2SubnetNotFound: gone/,
        ],
        [{ ...named, cluster: { status: 'ACTIVE' } }, 'ok', /ACTIVE/],
      ],
    ],
    [
      versionCheck,
      [
        [version('1.30'), 'failed', /out of support/, /update-cluster-version .* 1.31$/],
        [version('1.29'), 'failed', /out of support/],
        [version('1.33'), 'warning', /extended support, .* until 2027-07-29/],
        [version('1.35'), 'ok', /until 2027-03-27/],
        [version(undefined, '1.30'), 'failed', /in support: 1.35, 1.33/],
        [version(undefined), 'ok', /1.35 is what a new cluster gets/],
      ],
    ],
    [
      entryCheck,
      [
        [
          entry(unauthorized, false),
          'failed',
          /no access entry/,
          /create-access-entry .*&& aws eks associate-access-policy/,
        ],
        [entry(forbidden), 'failed', /grants too little: 403/, /^aws eks associate-access-policy/],
        [entry(unreachable), 'warning', /did not answer/],
        [entry(undefined), 'ok', /access entry/],
        [entry(undefined, false), 'ok', /aws-auth/],
      ],
    ],
    [
      addonCheck,
      [
        [addon(undefined), 'failed', /not installed/, /cluster create/],
        [addon('DEGRADED'), 'failed', /DEGRADED: no role/, /describe-addon/],
        [addon('CREATING'), 'warning', /CREATING/],
        [addon('ACTIVE'), 'ok', /vpc-cni v1/],
      ],
    ],
    [
      associationAge,
      [
        [
          { association: { modifiedAt: bad }, pods: [pod('2025-12-31T00:00:00Z')] },
          'failed',
          /istiod-1 is older/,
          /rollout restart/,
        ],
        [{ association: { modifiedAt: bad }, pods: [pod('2026-01-02T00:00:00Z')] }, 'ok', /1 pod, younger/],
        [{ association: undefined, pods: [] }, 'not-applicable', /EA1206/],
        [{ association: { createdAt: bad }, pods: [] }, 'not-applicable', /EA1301/],
      ],
    ],
  ])
})
