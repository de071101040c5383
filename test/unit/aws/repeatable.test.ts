import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { UNREPEATABLE } from '../../../src/lib/aws/repeat.ts'
import { SERVICES } from '../../../src/sandbox/aws/services/index.ts'
import { loadService } from '../../../src/sandbox/aws/wire/service.ts'

/** Every operation that the program asks for, as the integration tests recorded it: `ecs CreateService`. */
const OURS = [
  ...readFileSync(new URL('../../../docs/aws-calls.md', import.meta.url), 'utf8').matchAll(/^\| (\w+) (\w+) /gm),
]
  .map(([, service = '', operation = '']) => ({ service, operation }))
  .filter(({ service }) => service !== 'operation')

/** Why the same request twice makes one thing: AWS refuses or answers the second one by a name, or knows its token. */
const SAFE_BY: Readonly<Record<string, 'name' | 'token' | 'content' | 'looked up'>> = {
  'ec2 AuthorizeSecurityGroupIngress': 'content',
  'ec2 CreateSecurityGroup': 'name',
  'ec2 CreateTags': 'name',
  'ecs CreateCluster': 'name',
  'ecs CreateService': 'token',
  'ecs RegisterTaskDefinition': 'looked up',
  'eks CreateAddon': 'token',
  'eks CreatePodIdentityAssociation': 'token',
  'iam AttachRolePolicy': 'name',
  'iam CreatePolicy': 'name',
  'iam CreatePolicyVersion': 'looked up',
  'iam CreateRole': 'name',
  'iam CreateServiceLinkedRole': 'name',
  'iam PutRolePolicy': 'name',
  'logs CreateLogGroup': 'name',
}

/** Tokens that the SDK does not fill in by itself, and why no call of ours lacks one. */
const NOT_FILLED_IN: Readonly<Record<string, string>> = {
  'ecs CreateService clientToken': 'the type of what is created asks for it',
  'cloudformation DeleteStack ClientRequestToken': 'it deletes what has that name, however often',
}

describe('calls that are repeated', () => {
  it('make nothing twice: each that creates something is safe in some way', () => {
    const creating = OURS.filter(({ operation }) =>
      /^(Create|Register|Run|Start|Put|Allocate|Authorize|Attach)/.test(operation),
    )
    expect(creating.map(({ service, operation }) => `${service} ${operation}`).toSorted()).to.deep.equal(
      Object.keys(SAFE_BY).toSorted(),
    )
  })

  it('are not those that have neither a name nor a token', () => {
    const lookedUp = Object.keys(SAFE_BY).filter(call => SAFE_BY[call] === 'looked up')
    expect(lookedUp.map(call => call.replace(' ', ':')).toSorted()).to.deep.equal([...UNREPEATABLE].toSorted())
  })

  it('have a token wherever AWS takes one', async () => {
    const found = await Promise.all(
      Object.values(SERVICES).map(async definition => {
        const { operations } = await loadService(definition)
        const ours = OURS.filter(({ service }) => service === definition.signingName)
        return ours.flatMap(({ operation }) => {
          const members = [...(operations.get(operation)?.input.structIterator() ?? [])]
          return members.flatMap(([name, member]) =>
            /^client.*token$/i.test(name) || member.isIdempotencyToken()
              ? [{ call: `${definition.signingName} ${operation}`, name, filledIn: member.isIdempotencyToken() }]
              : [],
          )
        })
      }),
    )
    const tokens = found.flat()
    expect(tokens.filter(({ filledIn }) => !filledIn).map(({ call, name }) => `${call} ${name}`)).to.have.members(
      Object.keys(NOT_FILLED_IN),
    )
    const byToken = Object.keys(SAFE_BY).filter(call => SAFE_BY[call] === 'token')
    expect(tokens.map(({ call }) => call)).to.include.members(byToken)
  })
})
