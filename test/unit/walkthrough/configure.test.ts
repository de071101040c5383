import { expect } from 'chai'
import type { Key } from '../../../src/lib/config/schema.ts'
import { Exit, Failure } from '../../../src/lib/engine/failure.ts'
import type { ReadClients } from '../../../src/lib/steps/clients.ts'
import { askForMissing, problemOf } from '../../../src/lib/walkthrough/configure.ts'
import type { ValueQuestion } from '../../../src/lib/walkthrough/questions.ts'
import { settings } from '../../support/settings.ts'

const denied = new Failure({ code: 'ACCESS_DENIED', message: 'no' })

interface Said {
  readonly clusters?: readonly string[]
  readonly istioctl?: string | Failure
  readonly regions?: Failure
}

/** What AWS and istioctl say. */
const clients = ({ clusters = [], istioctl = '1.24.1', regions }: Said): ReadClients =>
  ({
    aws: {
      ec2: { regions: async () => (regions ? Promise.reject(regions) : ['eu-west-1', 'us-east-1']) },
      eks: {
        clusterNames: async () => clusters,
        versions: async () => [
          { clusterVersion: '1.30', versionStatus: 'UNSUPPORTED' },
          { clusterVersion: '1.36', versionStatus: 'STANDARD_SUPPORT' },
          { clusterVersion: '1.35', versionStatus: 'STANDARD_SUPPORT', defaultVersion: true },
          { clusterVersion: '1.33', versionStatus: 'EXTENDED_SUPPORT' },
        ],
      },
    },
    tools: { istioctlVersion: async () => (typeof istioctl === 'string' ? istioctl : Promise.reject(istioctl)) },
  }) as unknown as ReadClients

const ALL = new Set(['cluster', 'istio'])

async function asked(
  given: readonly Key[],
  said: Said = {},
  answers: Partial<Record<Key, string>> = {},
  steps: ReadonlySet<string> = ALL,
) {
  const questions: ValueQuestion[] = []
  const regions: string[] = []
  const result = await askForMissing({
    settings: settings(),
    given: new Map(given.map(key => [key, 'given'])),
    steps,
    read: clients(said),
    ask: async question => {
      questions.push(question)
      return answers[question.key] ?? question.initial ?? ''
    },
    at: region => {
      regions.push(region)
      return clients(said)
    },
  })
  return { result, questions, keys: questions.map(({ key }) => key), regions }
}

describe('asking for what is missing', () => {
  it('asks nothing that was given', async () => {
    const { keys } = await asked(['region', 'clusterName', 'eksVersion', 'istioVersion', 'hub'])
    expect(keys).to.deep.equal([])
  })

  it('offers what AWS has: regions, clusters, versions in support, the default first', async () => {
    const { questions, keys } = await asked([], { clusters: ['old'] }, { hub: 'registry.example/istio' })
    expect(keys).to.deep.equal(['region', 'clusterName', 'eksVersion', 'istioVersion', 'hub'])
    const names = questions.map(({ choices }) => choices?.map(({ name, value }) => name ?? value))
    expect(names[0]).to.deep.equal(['eu-west-1', 'us-east-1'])
    expect(names[1]).to.deep.equal(['ambient-ecs (new)', 'old (exists)'])
    expect(names[2]).to.deep.equal(['1.35 (default)', '1.36', '1.33 (extended support, costs more)'])
    expect(questions[3]?.initial).to.equal('1.24.1')
  })

  it('looks for clusters in the region that was chosen, and asks no version of one that exists', async () => {
    const { keys, regions, result } = await asked(
      [],
      { clusters: ['old'] },
      { region: 'eu-west-1', clusterName: 'old' },
    )
    expect(regions).to.include('eu-west-1')
    expect(keys).not.to.include('eksVersion')
    expect(result).to.include({ region: 'eu-west-1', clusterName: 'old' })
  })

  it('has it typed where AWS may not be asked', async () => {
    const { questions } = await asked(['clusterName', 'eksVersion', 'istioVersion', 'hub'], { regions: denied })
    expect(questions[0]).to.deep.include({ key: 'region', choices: [] })
  })

  it('fails at once without credentials', async () => {
    const missing = new Failure({ code: 'CREDENTIALS_MISSING', message: 'none', exit: Exit.missing })
    const error = await asked([], { regions: missing }).catch(error => error)
    expect(error).to.equal(missing)
  })

  it('asks for istioctl where none is found, and for the licence where the version needs one', async () => {
    const none = new Failure({ code: 'TOOL_NOT_FOUND', message: 'none' })
    const { keys, questions } = await asked(
      ['region', 'clusterName', 'eksVersion'],
      { istioctl: none },
      { istioVersion: '1.28.0' },
    )
    expect(keys).to.deep.equal(['istioctl', 'istioVersion', 'hub', 'license'])
    expect(questions.at(-1)?.secret).to.equal(true)
  })

  it('asks nothing of Istio where Istio is not to be installed', async () => {
    const { keys } = await asked(['region', 'clusterName'], {}, {}, new Set(['iam']))
    expect(keys).to.deep.equal([])
  })

  it('checks an answer by the one schema', () => {
    expect(problemOf('hub', 'https://x')).to.match(/without https/)
    expect(problemOf('hub', 'registry.example/istio')).to.equal(undefined)
    expect(problemOf('clusterName', 'no spaces')).to.match(/letters, digits/)
    expect(problemOf('hub', '')).to.equal(undefined)
  })
})
