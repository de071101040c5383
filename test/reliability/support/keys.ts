import type { Call } from '../../../src/sandbox/calls.ts'

const ID = /\b(vpc|subnet|sg|sgr|eni|i|vol|rtb|igw|nat)-[0-9a-f]{8,}\b/g
const UUID = /\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/g
const HASH = /\b[0-9a-f]{32}\b/g
/** What CloudFormation and EKS put behind names. */
const SUFFIX = /-([0-9A-F]{12}|[0-9a-f]{12})\b/g
const EKS_GROUP = /(eks-cluster-sg-[\w-]+?)-\d+\b/g
const KUBECONFIG = /--kubeconfig \S+/
const REVISION = /(task-definition\/[\w-]+):\d+/g
const ADDRESS = /\b\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}\b/g

/** Text without what differs from run to run: ids, addresses, revisions. */
export const masked = (text: string): string =>
  text
    .replace(ID, '$1-*')
    .replace(UUID, 'uuid')
    .replace(HASH, 'hash')
    .replace(SUFFIX, '-*')
    .replace(EKS_GROUP, '$1-*')
    .replace(KUBECONFIG, '--kubeconfig *')
    .replace(REVISION, '$1:*')
    .replace(ADDRESS, 'address')

/** Names calls so that the same call has the same name in another run: what it does, and for how many times. */
export class Keys {
  readonly #counts = new Map<string, number>()

  of(call: Call): string {
    const name = `${call.service} ${call.operation} ${masked(call.subject)}`.trim()
    const count = (this.#counts.get(name) ?? 0) + 1
    this.#counts.set(name, count)
    return `${name} #${count}`
  }
}

/** The name of a call without the number of times. */
export const nameOf = (key: string): string => key.replace(/ #\d+$/, '')
