import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { cli } from '../support/cli.ts'

describe('--profile beside keys in the environment', function () {
  this.timeout(30_000)
  let sandbox: Sandbox
  let directory: string
  before(async () => {
    sandbox = await startSandbox()
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
    const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret } = sandbox.environment
    writeFileSync(
      join(directory, 'credentials'),
      `[demo]\naws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`,
    )
    const eksctl = join(directory, 'eksctl')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell's own syntax
    writeFileSync(eksctl, '#!/bin/sh\necho "0.2${AWS_ACCESS_KEY_ID:+99}00.0"\n')
    chmodSync(eksctl, 0o755)
  })
  after(async () => {
    await sandbox.close()
    rmSync(directory, { recursive: true })
  })

  const run = (...args: readonly string[]) =>
    cli([...args, '--profile', 'demo'], {
      env: {
        ...sandbox.environment,
        AWS_ACCESS_KEY_ID: 'AKIAOTHER',
        AWS_SECRET_ACCESS_KEY: 'other',
        AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
      },
    })

  it('wins, and one warning of ours says so', async () => {
    const { code, stderr, json } = await run('env', '--json')
    expect(code, stderr).to.equal(0)
    const warning = 'The profile demo is used, and not the AWS_ACCESS_KEY_ID that is in the environment too.'
    expect(stderr).to.equal(`warning: ${warning}\n`)
    expect(json().warnings).to.deep.equal([warning])
  })

  it('wins for the tools, too: they never see the keys', async () => {
    const { json } = await run('doctor', '--only', 'EA1002', '--eksctl', join(directory, 'eksctl'), '--json')
    expect(json().result.checks[0].why).to.equal('eksctl 0.200.0')
  })
})
