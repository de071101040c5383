import { generate } from 'selfsigned'
import type { Controller } from '../../kubernetes/controllers/controllers.ts'
import { valueAt } from '../../kubernetes/objects.ts'
import type { ObjectStore } from '../../kubernetes/store/store.ts'
import { SYSTEM } from '../plane.ts'

const SECRET = 'istio-ca-secret'
const CONFIG_MAP = 'istio-ca-root-cert'
const MANAGER = 'istiod'
const PASSED_BY = ['kube-system', 'kube-public', 'kube-node-lease', 'local-path-storage']

/** Writes the mesh's own certificate authority, which lasts as long as its Secret, into every namespace. */
export function rootCertificateController(store: ObjectStore, running: () => boolean): Controller {
  const namespaces = () =>
    store.list('Namespace').map(({ metadata }) => ({ name: metadata.name, namespace: undefined }))
  return {
    name: 'istio-namespace-controller',
    watches: [
      { kind: 'Namespace' },
      { kind: 'Deployment', concerns: ({ metadata }) => (metadata.name === 'istiod' ? namespaces() : []) },
      {
        kind: 'ConfigMap',
        concerns: ({ metadata }) =>
          metadata.name === CONFIG_MAP ? [{ name: metadata.namespace ?? '', namespace: undefined }] : [],
      },
    ],
    async reconcile({ name }) {
      if (!running() || PASSED_BY.includes(name)) return
      const pem = authority(store) ?? (await newAuthority(store))
      const namespace = store.get('Namespace', name)
      if (!namespace || namespace.metadata.deletionTimestamp !== undefined) return
      const metadata = { name: CONFIG_MAP, namespace: name, labels: { 'istio.io/config': 'true' } }
      store.apply(
        { apiVersion: 'v1', kind: 'ConfigMap', metadata, data: { 'root-cert.pem': pem } },
        { manager: MANAGER, force: true },
      )
    },
  }
}

function authority(store: ObjectStore): string | undefined {
  const encoded = valueAt(store.get('Secret', SECRET, SYSTEM), 'data', 'ca-cert.pem')
  return typeof encoded === 'string' ? Buffer.from(encoded, 'base64').toString('utf8') : undefined
}

async function newAuthority(store: ObjectStore): Promise<string> {
  const { cert, private: key } = await generate([{ name: 'organizationName', value: 'cluster.local' }], {
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }],
  })
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const metadata = { name: SECRET, namespace: SYSTEM }
  const data = { 'ca-cert.pem': base64(cert), 'ca-key.pem': base64(key) }
  store.apply(
    { apiVersion: 'v1', kind: 'Secret', type: 'istio.io/ca-root', metadata, data },
    { manager: MANAGER, force: true },
  )
  return cert
}
