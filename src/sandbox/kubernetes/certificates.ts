import { generate } from 'selfsigned'

export interface Certificates {
  /** What clients trust, PEM. */
  readonly ca: string
  readonly cert: string
  readonly key: string
}

/** A certificate authority of its own, and a server certificate for loopback signed by it. */
export async function makeCertificates(): Promise<Certificates> {
  const common = { keyType: 'ec', algorithm: 'sha256' } as const
  // A little earlier than now: the clocks of clients differ.
  const notBeforeDate = new Date(Date.now() - 60_000)
  const authority = await generate([{ name: 'commonName', value: 'kubernetes' }], {
    ...common,
    notBeforeDate,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  })
  const server = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    ...common,
    notBeforeDate,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'kubernetes.default.svc' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  })
  return { ca: authority.cert, cert: server.cert, key: server.private }
}
