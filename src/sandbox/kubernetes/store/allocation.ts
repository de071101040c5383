import { fieldsOf, isFields, type KubeObject, listOf, valueAt } from '../objects.ts'

/** The Service addresses and node ports that are still free, EKS's ranges. */
export class Allocator {
  readonly #services: () => readonly KubeObject[]
  #lastAddress = 10
  #lastPort = 30_000

  constructor(services: () => readonly KubeObject[]) {
    this.#services = services
  }

  /** Sets what only the server can choose, in place. Nobody owns these fields. */
  allocate(object: KubeObject): void {
    if (object.kind === 'Service') this.#service(object)
    else if (object.kind === 'Namespace') object.spec ??= { finalizers: ['kubernetes'] }
    else if (object.kind === 'Job') job(object)
  }

  #service(service: KubeObject): void {
    const spec = fieldsOf(service.spec)
    if (spec.type === 'ExternalName') return
    spec.clusterIP ??= this.#clusterIp()
    spec.clusterIPs ??= [spec.clusterIP]
    spec.ipFamilies ??= ['IPv4']
    spec.ipFamilyPolicy ??= 'SingleStack'
    const ports = listOf(spec.ports).filter(isFields)
    if (spec.type === 'ClusterIP') for (const port of ports) delete port.nodePort
    else if (spec.allocateLoadBalancerNodePorts !== false) for (const port of ports) port.nodePort ??= this.#nodePort()
  }

  #clusterIp(): string {
    const taken = new Set(this.#services().map(service => valueAt(service.spec, 'clusterIP')))
    let address: string
    do {
      this.#lastAddress += 1
      address = `10.100.${(this.#lastAddress >> 8) & 255}.${this.#lastAddress & 255}`
    } while (taken.has(address))
    return address
  }

  #nodePort(): number {
    const ports = this.#services().flatMap(service => listOf(valueAt(service.spec, 'ports')))
    const taken = new Set(ports.map(port => valueAt(port, 'nodePort')))
    do this.#lastPort += 1
    while (taken.has(this.#lastPort))
    return this.#lastPort
  }
}

function job({ metadata, spec }: KubeObject): void {
  if (!isFields(spec)) return
  spec.selector ??= { matchLabels: { 'batch.kubernetes.io/controller-uid': metadata.uid } }
  const template = fieldsOf(spec.template)
  template.metadata = {
    ...fieldsOf(template.metadata),
    labels: {
      'batch.kubernetes.io/controller-uid': metadata.uid,
      'batch.kubernetes.io/job-name': metadata.name,
      'controller-uid': metadata.uid,
      'job-name': metadata.name,
      ...fieldsOf(valueAt(template, 'metadata', 'labels')),
    },
  }
}

/** What was allocated stays where a later version of the object leaves it out. */
export function keepAllocated(object: KubeObject, live: KubeObject | undefined): void {
  const spec = object.spec
  if (live === undefined || !isFields(spec)) return
  if (object.kind === 'Namespace') spec.finalizers ??= valueAt(live.spec, 'finalizers')
  if (object.kind === 'Job') spec.selector ??= valueAt(live.spec, 'selector')
  if (object.kind !== 'Service' || spec.type === 'ExternalName') return
  for (const field of ['clusterIP', 'clusterIPs', 'ipFamilies', 'ipFamilyPolicy']) {
    const value = valueAt(live.spec, field)
    if (value !== undefined) spec[field] ??= value
  }
  const livePorts = listOf(valueAt(live.spec, 'ports')).filter(isFields)
  for (const port of listOf(spec.ports).filter(isFields)) {
    const same = livePorts.find(one => one.port === port.port && one.protocol === (port.protocol ?? 'TCP'))
    if (same?.nodePort !== undefined) port.nodePort ??= same.nodePort
  }
}
