import { Exit, Failure } from '../engine/failure.ts'
import type { Check, Suite } from './check.ts'
import { curlCommand } from './curl-line.ts'
import { hostAndPort, type Place, type Places } from './places.ts'
import { didYouMean, type METHODS, readForm, type WrittenSuite } from './suite-schema.ts'
import { yamlSource } from './yaml-source.ts'

/**
 * Reads a suite. `known` are the places that every suite may name; the file may add its own. `ref` is by what the suite
 * is found again.
 *
 * @throws Failure `SUITE_INVALID` (exit 2) with the file, the line and what is allowed
 */
export function parseSuite(
  text: string,
  file: string,
  known: Places,
  ref = file,
): { readonly suite: Suite; readonly places: Places } {
  const source = yamlSource(text)
  const form = readForm(source)
  if ('problems' in form) throw invalid(file, form.problems)
  const places = new Map([...known, ...ownPlaces(form.suite)])
  const problems = meaningless(form.suite, places).map(({ path, message }) => source.locate(path, message))
  if (problems.length > 0) throw invalid(file, problems)
  return { suite: suiteOf(form.suite, ref, places), places }
}

const invalid = (file: string, why: readonly string[]): Failure =>
  new Failure({
    code: 'SUITE_INVALID',
    exit: Exit.usage,
    message: `The suite ${file} is not valid.`,
    why,
    suggestions: ['Its form is described by docs/suite.schema.json.'],
  })

function ownPlaces({ places }: WrittenSuite): readonly (readonly [string, Place])[] {
  return Object.entries(places).map(([name, { pod, service, host, port, identity }]) => [
    name,
    {
      name,
      ...(pod && { workload: { kind: 'pod', ...pod } }),
      ...(service && {
        workload: { kind: 'task', cluster: service.cluster, service: service.name, container: service.container },
      }),
      ...(host !== undefined && { address: { host, port } }),
      ...(identity && { identity }),
    },
  ])
}

interface Problem {
  readonly path: readonly PropertyKey[]
  readonly message: string
}

/** What the form allows but has no meaning. */
function meaningless({ checks }: WrittenSuite, places: Places): readonly Problem[] {
  const sources = [...places.values()].filter(({ workload }) => workload).map(({ name }) => name)
  const targets = [...places.values()].filter(({ address }) => address).map(({ name }) => name)
  const ids = checks.map(({ id }) => id)
  return checks.flatMap(({ id, from, to }, index) => [
    ...(ids.indexOf(id) < index
      ? [{ path: ['checks', index, 'id'], message: `"${id}" is the id of another check already` }]
      : []),
    ...unknownPlace('source', from, sources, ['checks', index, 'from']),
    ...unknownPlace('target', to, targets, ['checks', index, 'to']),
  ])
}

function unknownPlace(role: string, name: string, known: readonly string[], path: Problem['path']): readonly Problem[] {
  if (known.includes(name)) return []
  return [{ path, message: `unknown ${role} "${name}" (known: ${known.join(', ')})${didYouMean(name, known)}` }]
}

function suiteOf({ name, title, state, checks }: WrittenSuite, ref: string, places: Places): Suite {
  return {
    name,
    ref,
    title: title ?? name,
    kind: 'suite',
    ...(state && { state }),
    checks: checks.map(written => checkOf(name, written, places.get(written.to)?.address)),
  }
}

function checkOf(suite: string, written: WrittenSuite['checks'][number], address: Place['address']): Check {
  const { id, from, to, request, expect } = written
  const host = address ? hostAndPort(address) : to
  const url = request.path === '/' ? host : host + request.path
  const args = [...methodArguments(request.method), ...request.args, url]
  return { id: `${suite}/${id}`, suite, from, to, args, request: curlCommand(args), expected: expect }
}

/** GET is curl's own; with `-X HEAD` it would wait for a body that never comes. */
function methodArguments(method: (typeof METHODS)[number]): readonly string[] {
  if (method === 'GET') return []
  return method === 'HEAD' ? ['-I'] : ['-X', method]
}
