import { expect } from 'chai'
import { duration } from '../../../../src/sandbox/kubernetes/api/duration.ts'
import { byJsonPath, tableOf } from '../../../../src/sandbox/kubernetes/api/table.ts'
import type { Fields, KubeObject } from '../../../../src/sandbox/kubernetes/objects.ts'
import { builtInKinds } from '../../../../src/sandbox/kubernetes/store/built-in-kinds.ts'
import { type Kind, preferredVersion } from '../../../../src/sandbox/kubernetes/store/kinds.ts'

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour

describe('ages', () => {
  const cases: [number, string][] = [
    [-5 * second, '<invalid>'],
    [-second, '0s'],
    [0, '0s'],
    [119 * second, '119s'],
    [2 * minute, '2m'],
    [3 * minute + 20 * second, '3m20s'],
    [10 * minute + 20 * second, '10m'],
    [179 * minute, '179m'],
    [3 * hour, '3h'],
    [3 * hour + 5 * minute, '3h5m'],
    [8 * hour + 5 * minute, '8h'],
    [47 * hour, '47h'],
    [2 * day, '2d'],
    [2 * day + 3 * hour, '2d3h'],
    [8 * day + 3 * hour, '8d'],
    [729 * day, '729d'],
    [730 * day, '2y'],
    [800 * day, '2y70d'],
    [3000 * day, '8y'],
  ]
  for (const [ms, text] of cases) it(text, () => expect(duration(ms)).to.equal(text))
})

const created = '2026-01-01T00:00:00Z'
const now = '2026-01-01T00:01:00Z'
const kinds = builtInKinds()

function kindNamed(name: string): Kind {
  const kind = kinds.find(one => one.kind === name)
  if (kind === undefined) throw new Error(name)
  return kind
}

function table(kind: Kind, object: Fields, query = ''): { columns: string[]; cells: unknown[]; object: unknown } {
  const whole: KubeObject = {
    apiVersion: 'v1',
    kind: kind.kind,
    metadata: { name: 'web', uid: '', resourceVersion: '7', creationTimestamp: created },
    ...object,
  }
  const request = {
    method: 'GET',
    path: '',
    query: new URLSearchParams(query),
    headers: {},
    user: { username: '', groups: [] },
    body: undefined,
    warnings: [],
    kind,
    version: preferredVersion(kind),
    namespace: undefined,
    name: undefined,
    subresource: undefined,
  }
  const { columnDefinitions, rows } = tableOf(request, [whole], '7', now) as {
    columnDefinitions: { name: string; priority: number }[]
    rows: { cells: unknown[]; object: unknown }[]
  }
  const shown = columnDefinitions.filter(column => query.includes('wide') || column.priority === 0)
  return {
    columns: shown.map(({ name }) => name),
    cells: rows[0]?.cells.slice(0, shown.length) ?? [],
    object: rows[0]?.object,
  }
}

describe('tables', () => {
  const cases: [string, Fields, Record<string, unknown>][] = [
    ['Namespace', { status: { phase: 'Active' } }, { Name: 'web', Status: 'Active', Age: '60s' }],
    [
      'Pod',
      {
        spec: { containers: [{}, {}] },
        status: {
          phase: 'Running',
          containerStatuses: [
            { ready: true, restartCount: 2, state: { running: {} } },
            { ready: false, restartCount: 1 },
          ],
        },
      },
      { Name: 'web', Ready: '1/2', Status: 'Running', Restarts: 3, Age: '60s' },
    ],
    [
      'Pod',
      {
        spec: { containers: [{}] },
        status: { phase: 'Pending', containerStatuses: [{ state: { waiting: { reason: 'ImagePullBackOff' } } }] },
      },
      { Name: 'web', Ready: '0/1', Status: 'ImagePullBackOff', Restarts: 0, Age: '60s' },
    ],
    [
      'Service',
      {
        spec: { type: 'LoadBalancer', clusterIP: '10.0.0.1', ports: [{ port: 80, nodePort: 30001, protocol: 'TCP' }] },
        status: { loadBalancer: {} },
      },
      {
        Name: 'web',
        Type: 'LoadBalancer',
        'Cluster-IP': '10.0.0.1',
        'External-IP': '<pending>',
        'Port(s)': '80:30001/TCP',
        Age: '60s',
      },
    ],
    [
      'Deployment',
      { spec: { replicas: 3 }, status: { readyReplicas: 2, updatedReplicas: 3, availableReplicas: 2 } },
      { Name: 'web', Ready: '2/3', 'Up-to-date': 3, Available: 2, Age: '60s' },
    ],
    ['Secret', { type: 'Opaque', data: { a: '', b: '' } }, { Name: 'web', Type: 'Opaque', Data: 2, Age: '60s' }],
    ['Lease', { spec: { holderIdentity: 'me' } }, { Name: 'web', Holder: 'me', Age: '60s' }],
    ['PriorityClass', {}, { Name: 'web', Age: '60s' }],
  ]
  for (const [kind, object, expected] of cases)
    it(`of ${kind}`, () => {
      const { columns, cells } = table(kindNamed(kind), object)
      expect(Object.fromEntries(columns.map((column, position) => [column, cells[position]]))).to.deep.equal(expected)
    })

  it('of a pod on its way out', () => {
    const metadata = { name: 'web', uid: '', resourceVersion: '', creationTimestamp: created, deletionTimestamp: now }
    expect(table(kindNamed('Pod'), { metadata, status: { phase: 'Running' } }).cells[2]).to.equal('Terminating')
  })

  it('carry the metadata of each row, the object, or nothing', () => {
    expect(table(kindNamed('Pod'), {}).object).to.deep.include({ kind: 'PartialObjectMetadata' })
    expect(table(kindNamed('Pod'), {}, 'includeObject=Object').object).to.deep.include({ kind: 'Pod' })
    expect(table(kindNamed('Pod'), {}, 'includeObject=None').object).to.equal(undefined)
  })

  it('of custom kinds have the columns of their definition', () => {
    const gateway: Kind = {
      ...kindNamed('Pod'),
      kind: 'Gateway',
      custom: true,
      versions: [
        {
          ...preferredVersion(kindNamed('Pod')),
          columns: [
            { name: 'Class', type: 'string', jsonPath: '.spec.gatewayClassName' },
            { name: 'Programmed', type: 'string', jsonPath: '.status.conditions[?(@.type=="Programmed")].status' },
            { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
          ],
        },
      ],
    }
    const object = {
      spec: { gatewayClassName: 'istio' },
      status: { conditions: [{ type: 'Programmed', status: 'True' }] },
    }
    expect(table(gateway, object)).to.deep.include({
      columns: ['Name', 'Class', 'Programmed', 'Age'],
      cells: ['web', 'istio', 'True', '60s'],
    })
  })
})

describe('JSON paths of columns', () => {
  const object = {
    spec: {
      list: [
        { name: 'a', port: 1 },
        { name: 'b', port: 2 },
      ],
    },
  }
  const cases: [string, unknown][] = [
    ['.spec.list[0].port', 1],
    ['.spec.list[*].name', 'a'],
    ['.spec.list[?(@.name=="b")].port', 2],
    [".spec.list[?(@.name=='b')].port", 2],
    ['.spec.none.deep', undefined],
  ]
  for (const [path, expected] of cases) it(path, () => expect(byJsonPath(object, path)).to.equal(expected))
})
