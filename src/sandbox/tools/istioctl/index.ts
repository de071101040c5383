import { type FlagSpec, parseFlags } from '../flags.ts'
import { type SimulatedTool, ToolError } from '../tool.ts'
import { addService } from './add-service.ts'
import type { Action, IstioctlOptions } from './context.ts'
import { install, uninstall } from './install.ts'
import { proxyStatus } from './proxy-status.ts'
import { version } from './version.ts'
import { applyWaypoint, deleteWaypoint, waypointStatus } from './waypoint.ts'
import { connections, policies, workloads } from './ztunnel-config.ts'

const FLAGS: Readonly<Record<string, FlagSpec>> = {
  all: {},
  cluster: { value: true },
  context: { value: true },
  'enroll-namespace': {},
  external: {},
  filename: { value: true, short: 'f' },
  for: { value: true },
  istioNamespace: { value: true, short: 'i' },
  kubeconfig: { value: true, short: 'c' },
  name: { value: true },
  namespace: { value: true, short: 'n' },
  output: { value: true, short: 'o' },
  overwrite: {},
  profile: { value: true },
  purge: {},
  remote: {},
  'service-account': { value: true },
  short: {},
  'skip-confirmation': { short: 'y' },
  wait: { short: 'w' },
}

interface Command {
  readonly run: Action
  readonly writes?: true
}

const COMMANDS: Readonly<Record<string, Command>> = {
  version: { run: version },
  install: { run: install, writes: true },
  uninstall: { run: uninstall, writes: true },
  'ecs add-service': { run: addService, writes: true },
  'waypoint apply': { run: applyWaypoint, writes: true },
  'waypoint delete': { run: deleteWaypoint, writes: true },
  'waypoint status': { run: waypointStatus },
  'ztunnel-config workloads': { run: workloads },
  'ztunnel-config workload': { run: workloads },
  'ztunnel-config connections': { run: connections },
  'ztunnel-config policies': { run: policies },
  'proxy-status': { run: proxyStatus },
}

/** Solo's istioctl as far as the walkthrough uses it. */
export const istioctlTool = (options: IstioctlOptions): SimulatedTool => ({
  describe: argv => {
    const [name, command] = commandOf(argv)
    return { operation: name, writes: command?.writes === true }
  },
  run: async run => {
    const parsed = parseFlags(run.argv, FLAGS)
    const [name, command] = commandOf(parsed.words)
    if (!command) throw new ToolError(`unknown command "${name}" for "istioctl"`)
    return command.run({ run, parsed, options })
  },
})

/** The longest known command that the arguments begin with. */
function commandOf(argv: readonly string[]): readonly [name: string, command: Command | undefined] {
  const words = argv.filter(word => !word.startsWith('-'))
  const two = words.slice(0, 2).join(' ')
  const name = two in COMMANDS ? two : (words[0] ?? '')
  return [name, COMMANDS[name]]
}
