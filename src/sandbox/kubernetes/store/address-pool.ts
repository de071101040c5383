import { type KubeObject, listOf, valueAt } from '../objects.ts'

/** The Service addresses and node ports that are still free, EKS's ranges. */
export class AddressPool {
  #lastAddress = 10
  #lastPort = 30_000

  clusterIp(services: readonly KubeObject[]): string {
    const taken = new Set(services.map(service => valueAt(service.spec, 'clusterIP')))
    let address: string
    do {
      this.#lastAddress += 1
      address = `10.100.${(this.#lastAddress >> 8) & 255}.${this.#lastAddress & 255}`
    } while (taken.has(address))
    return address
  }

  nodePort(services: readonly KubeObject[]): number {
    const taken = new Set(
      services.flatMap(service => listOf(valueAt(service.spec, 'ports'))).map(port => valueAt(port, 'nodePort')),
    )
    do this.#lastPort += 1
    while (taken.has(this.#lastPort))
    return this.#lastPort
  }
}
