import { lookup } from 'node:dns/promises'
import { connect } from 'node:net'
import { findPlugin } from '../exec/plugin-driver.ts'

/** What is asked of the machine that the program runs on. */
export interface Machine {
  /** As in `24.21.0`. */
  readonly nodeVersion: string
  /** Whether `ecs exec` is to use the vendor's plugin. */
  readonly execDriver: 'native' | 'plugin'
  /** Path of the vendor's plugin. @throws Failure `TOOL_NOT_FOUND` (exit 3) */
  plugin(): Promise<string>
  /** The addresses of a host name. @throws the resolver's error */
  resolve(host: string): Promise<readonly string[]>
  /** Undefined where a TCP connection came about, else why not: `ECONNREFUSED`, `no answer`. */
  connect(host: string, port: number): Promise<string | undefined>
}

/** Milliseconds for a TCP connection. */
const CONNECT_LIMIT = 4_000

export const thisMachine = (execDriver: Machine['execDriver']): Machine => ({
  nodeVersion: process.versions.node,
  execDriver,
  plugin: () => findPlugin(),
  resolve: async host => (await lookup(host, { all: true })).map(({ address }) => address),
  connect: tryConnect,
})

function tryConnect(host: string, port: number): Promise<string | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port, timeout: CONNECT_LIMIT })
    const end = (why: string | undefined) => {
      socket.destroy()
      resolve(why)
    }
    socket.once('connect', () => end(undefined))
    socket.once('timeout', () => end('no answer'))
    socket.once('error', (error: NodeJS.ErrnoException) => end(error.code ?? error.message))
  })
}
