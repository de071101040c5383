import { expect } from 'chai'
import { Account, CLUSTER, isWrite } from '../support/account.ts'
import { ControlPlane } from '../support/control-plane.ts'
import { parts } from '../support/parts.ts'
import type { Program } from '../support/program.ts'

/** eksctl makes clusters; what the program itself reads of them is on moto, and their API server the real one. */
describe('the step cluster on moto and kube-apiserver', () => {
  let account: Account
  let controlPlane: ControlPlane
  let program: Program

  before(async function () {
    account = await Account.start(await parts.moto.need(this))
    controlPlane = await ControlPlane.start(await parts.apiserver.need(this))
    program = account.program
  })

  after(async () => {
    await controlPlane?.stop()
    await account?.stop()
  })

  const planned = async (...args: readonly string[]) => {
    let changes: readonly string[] = []
    const calls = await account.callsOf(async () => {
      changes = await program.changes([...args, '--dry-run'])
    })
    expect(calls.filter(isWrite)).to.deep.equal([])
    return changes
  }

  it('says of an empty account that everything is absent', async () => {
    expect(new Set(Object.values(await program.states()))).to.deep.equal(new Set(['absent']))
  })

  it('plans a cluster where there is none', async () => {
    expect(await planned('cluster', 'create')).to.deep.equal([`create eks-cluster ${CLUSTER}`])
  })

  it("finds out what somebody's cluster lacks", async () => {
    await account.createCluster(controlPlane)
    program = program.with({}, ['--kubeconfig', await controlPlane.kubeconfig()])
    expect(await planned('cluster', 'create')).to.deep.equal([
      'create eks-addon vpc-cni',
      'create eks-addon eks-pod-identity-agent',
      `create iam-role istiod-eks-ecs-${CLUSTER}`,
      'create pod-identity-association istio-system/istiod',
    ])
  })

  it("does not take somebody's cluster away", async () => {
    expect(await planned('cleanup', '--cluster')).to.deep.equal([])
  })

  it('gives a shell what the guide exports', async () => {
    const { result } = await program.run(['env'])
    expect(JSON.stringify(result)).to.contain(CLUSTER).and.to.contain(`ecs-${CLUSTER}`)
  })
})
