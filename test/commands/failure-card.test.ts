import { expect } from 'chai'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { cli } from '../support/cli.ts'

describe('a command that fails', function () {
  this.timeout(30_000)
  let sandbox: Sandbox
  before(async () => {
    sandbox = await startSandbox({ speed: 400 })
    sandbox.calls.fault = ({ operation }) =>
      operation === 'AttachRolePolicy'
        ? { kind: 'error', when: 'before', code: 'AccessDenied', status: 403, message: 'not authorized to attach' }
        : undefined
  })
  after(() => sandbox.close())

  it('prints one card, and the same as JSON: cause, what stands, how to go on and how to undo it, the doctor', async () => {
    const { code, stderr, json } = await cli(['iam', 'ensure', '--json'], { env: sandbox.environment })
    expect(code).to.equal(1)
    expect(json().error).to.deep.include({
      code: 'ACCESS_DENIED',
      exitCode: 1,
      stands: ['2 iam-role, 1 iam-policy: free by themselves'],
      goOn: 'ecs-ambient iam ensure --json --region us-east-1 --cluster-name ambient-ecs',
      undo: 'ecs-ambient iam delete --region us-east-1 --cluster-name ambient-ecs',
      doctor: { code: 'EA1102', page: 'docs/checks/EA1102.md' },
    })
    expect(stderr.match(/^Error \(/gm)).to.have.length(1)
    expect(stderr).to.match(/Why:\n +AccessDenied: not authorized to attach/)
    expect(stderr).to.match(/Look into it:\n +ecs-ambient doctor --only EA1102\n/)
    expect(stderr)
      .to.match(/Go on:\n +ecs-ambient iam ensure/)
      .and.to.match(/Undo:\n +ecs-ambient iam delete/)
  })

  const where = ['--cluster-name', 'nowhere', '--region', 'eu-west-1']

  it('suggests commands that mean the same cluster when they are pasted', async () => {
    const { stderr, json } = await cli(['policy', 'list', '--json', ...where], { env: sandbox.environment })
    const command = 'ecs-ambient cluster create --region eu-west-1 --cluster-name nowhere'
    expect(json().error.suggestions[0]).to.equal(command)
    expect(stderr).to.match(new RegExp(`Try this:\n +${command}\n`))
  })

  it("has them in doctor's fixes, too", async () => {
    const { stdout } = await cli(['doctor', '--only', 'EA1201', ...where], { env: sandbox.environment })
    expect(stdout).to.include('fix: ecs-ambient cluster create --region eu-west-1 --cluster-name nowhere\n')
  })

  it('has them in what is suggested for a command that there is not', async () => {
    const { stderr } = await cli(['iam', 'ensur', ...where])
    expect(stderr).to.include('ecs-ambient iam ensure --region eu-west-1 --cluster-name nowhere\n')
  })
})
