import { globSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { execa } from 'execa'
import { SERVICES } from '../../../src/sandbox/aws/services/index.ts'
import { loadService, type ServiceDefinition } from '../../../src/sandbox/aws/wire/service.ts'

export interface Operation {
  /** As requests are signed for it. */
  readonly service: string
  readonly operation: string
}

export const nameOf = ({ service, operation }: Operation): string => `${service} ${operation}`

const sources = fileURLToPath(new URL('../../../src', import.meta.url))
const probe = fileURLToPath(new URL('../python/moto_operations.py', import.meta.url))

/** Every AWS operation that the program can ask for, as its sources have it, in order. */
export async function programOperations(): Promise<readonly Operation[]> {
  const texts = globSync('{lib,cli,commands}/**/*.ts', { cwd: sources }).map(file =>
    readFileSync(`${sources}/${file}`, 'utf8'),
  )
  const found = await Promise.all(Object.values(SERVICES).map(definition => operationsIn(texts, definition)))
  return found.flat().sort((a, b) => (nameOf(a) < nameOf(b) ? -1 : 1))
}

async function operationsIn(texts: readonly string[], definition: ServiceDefinition): Promise<readonly Operation[]> {
  const { signingName: service, client } = definition
  const { operations } = await loadService(definition)
  // The client class is called `EKSClient`; the one that has all operations as methods, `EKS`.
  const sdk = new RegExp(`\\b(${client}|${client.replace(/Client$/, '')})\\b`)
  const users = texts.filter(text => text.includes("'@aws-sdk/client-") && sdk.test(text))
  return [...operations.keys()]
    .filter(operation => {
      const method = operation.charAt(0).toLowerCase() + operation.slice(1)
      const call = new RegExp(`\\.${method}\\(|\\b${operation}Command\\b`)
      return users.some(text => call.test(text))
    })
    .map(operation => ({ service, operation }))
}

export function inSandbox({ service, operation }: Operation): boolean {
  const definition = Object.values(SERVICES).find(({ signingName }) => signingName === service)
  return definition?.operations[operation] !== undefined
}

/** Those of the operations that moto has. */
export async function inMoto(python: string, operations: readonly Operation[]): Promise<readonly Operation[]> {
  const input = JSON.stringify(operations.map(({ service, operation }) => [service, operation]))
  const { stdout } = await execa(python, [probe], { input })
  return (JSON.parse(stdout) as [string, string][]).map(([service, operation]) => ({ service, operation }))
}
