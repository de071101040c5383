import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { profileNames } from '../../../src/lib/aws/profiles.ts'
import { cli } from '../../support/cli.ts'

/** What a person sees whose profile is mistyped, or whose SSO session has run out: by the real SDK, from real files. */
describe('AWS profiles', () => {
  let directory: string
  let env: Record<string, string>
  before(() => {
    directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
    env = {
      AWS_CONFIG_FILE: join(directory, 'config'),
      AWS_SHARED_CREDENTIALS_FILE: join(directory, 'credentials'),
      HOME: directory,
    }
    writeFileSync(
      env.AWS_CONFIG_FILE ?? '',
      `[default]
region = us-east-1
[profile demo]
sso_session = corp
sso_account_id = 111122223333
sso_role_name = admin
[sso-session corp]
sso_start_url = https://corp.invalid/start
sso_region = us-east-1
`,
    )
    writeFileSync(env.AWS_SHARED_CREDENTIALS_FILE ?? '', '[ci]\naws_access_key_id = AKIAEXAMPLE\n')
  })
  after(() => rmSync(directory, { recursive: true }))

  it('are those of both files, without sessions', () => {
    expect(profileNames(env)).to.deep.equal(['ci', 'default', 'demo'])
    expect(profileNames({ HOME: '/nonexistent' })).to.deep.equal([])
  })

  it('one that does not exist: the card says which there are', async () => {
    const { code, stderr } = await cli(['iam', 'ensure', '--profile', 'dmeo'], { env })
    expect(stderr).to.match(/PROFILE_UNKNOWN[\s\S]*"dmeo"[\s\S]*ci, default, demo/)
    expect(code).to.equal(3)
  })

  it('an SSO session that has expired: the card says the login command', async () => {
    const { code, stderr } = await cli(['iam', 'ensure', '--profile', 'demo'], { env })
    expect(stderr).to.match(/SSO_EXPIRED[\s\S]*aws sso login --profile demo/)
    expect(code).to.equal(3)
  })
})
