import type { ObjectStore } from '../store/store.ts'
import type { Node, Pod } from '../workloads.ts'

/** How far up in their subnets, in steps of 256 addresses, pods are: EC2 gives its network interfaces the lowest. */
const APART = 16

/** Addresses of the nodes' subnets, as the VPC network plugin gives them. */
export class PodAddresses {
  readonly #store: ObjectStore
  #last = 20

  constructor(store: ObjectStore) {
    this.#store = store
  }

  ofNode(pod: Pod): string {
    const node = this.#store.get<Node>('Node', pod.spec.nodeName ?? '')
    return node?.status?.addresses?.find(address => address.type === 'InternalIP')?.address ?? '192.168.0.10'
  }

  next(pod: Pod): string {
    const [first, second, third] = this.ofNode(pod).split('.')
    const taken = new Set(this.#store.list<Pod>('Pod').map(other => other.status?.podIP))
    let address: string
    do {
      this.#last = this.#last >= 250 ? 20 : this.#last + 1
      address = `${first}.${second}.${Number(third) + APART}.${this.#last}`
    } while (taken.has(address))
    return address
  }
}
