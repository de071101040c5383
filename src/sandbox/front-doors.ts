import { createServer, type Server } from 'node:net'

/**
 * The ports of load balancers, each at its own address of loopback, so that a connection shows whether one stands.
 * Nothing is behind them: what goes through the mesh never passes here. Where the machine keeps to 127.0.0.1, they stay shut.
 */
export class FrontDoors {
  readonly #open = new Set<Server>()

  /** Answers a function that shuts them again. */
  open(address: string, ports: readonly number[]): () => void {
    const servers = ports.map(port => this.#listen(address, port))
    return () => {
      for (const server of servers) this.#shut(server)
    }
  }

  close(): void {
    for (const server of this.#open) this.#shut(server)
  }

  #listen(address: string, port: number): Server {
    const server = createServer(socket => socket.on('error', () => undefined).end())
    server.on('error', () => this.#open.delete(server))
    server.listen(port, address).unref()
    this.#open.add(server)
    return server
  }

  #shut(server: Server): void {
    if (this.#open.delete(server)) server.close()
  }
}
