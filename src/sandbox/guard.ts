import { isIP, Socket } from 'node:net'
import { inBlock } from './mesh/policy.ts'

/** Settings that could lead this process, or a child of it, anywhere but into the sandbox. */
const FOREIGN =
  /^(AWS_.*|(HTTP|HTTPS|ALL|NO)_PROXY|NODE_USE_ENV_PROXY|KUBECONFIG|KUBERNETES_SERVICE_.*|ISTIOCTL|EKSCTL|HUB|ISTIO_VERSION|GATEWAY_API_URL)$/i

/**
 * Turns this process to a sandbox for good: takes the user's AWS and proxy settings out of its environment, puts the
 * sandbox's in, and from then on refuses every connection that isn't to this machine.
 */
export function enter(environment: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (FOREIGN.test(name)) delete process.env[name]
  Object.assign(process.env, environment)
  confine()
}

type Connect = Socket['connect']
const original: Connect = Socket.prototype.connect
let confined = false

/** Every TCP and TLS connection of Node, undici's included, begins with this one method. */
function confine(): void {
  if (confined) return
  confined = true
  Socket.prototype.connect = function connect(this: Socket, ...args: unknown[]): Socket {
    const host = hostOf(args)
    if (host === undefined || isLoopback(host)) return Reflect.apply(original, this, args)
    const error = new Error(`The sandbox talks to this machine only, not to ${host}.`)
    process.nextTick(() => this.destroy(Object.assign(error, { code: 'ERR_SANDBOX_CONFINED' })))
    return this
  } as Connect
}

/** Undefined for a socket in the file system. Node hands its own normalised arguments on as one array. */
function hostOf(args: readonly unknown[]): string | undefined {
  const [first, second] = Array.isArray(args[0]) ? (args[0] as readonly unknown[]) : args
  if (typeof first === 'object' && first !== null) {
    const { path, host } = first as { path?: unknown; host?: unknown }
    if (typeof path === 'string') return undefined
    return typeof host === 'string' ? host : 'localhost'
  }
  if (typeof first === 'string' && Number.isNaN(Number(first))) return undefined
  return typeof second === 'string' ? second : 'localhost'
}

export function isLoopback(host: string): boolean {
  const name = host.toLowerCase().replace(/^\[|\]$/g, '')
  if (isIP(name) === 4) return inBlock(name, '127.0.0.0/8')
  if (isIP(name) === 6) return name === '::1' || /^::ffff:127\./.test(name)
  return name === 'localhost' || name.endsWith('.localhost')
}
