import type { NetworkInterface } from '@aws-sdk/client-ec2'
import type { Task } from '@aws-sdk/client-ecs'
import { expect } from 'chai'
import type { EcsReader } from '../../../../src/lib/aws/ecs.ts'
import { lastingUsers } from '../../../../src/lib/steps/ecs/group-users.ts'

const CLUSTER = 'arn:aws:ecs:us-east-1:111122223333:cluster/theirs'

const task = (more: Partial<Task> = {}): Task => ({
  taskArn: 'arn:aws:ecs:us-east-1:111122223333:task/theirs/t1',
  desiredStatus: 'RUNNING',
  group: 'family:web',
  attachments: [{ id: 'a1', type: 'ElasticNetworkInterface' }],
  ...more,
})
const ofTask = (more: Partial<NetworkInterface> = {}): NetworkInterface => ({
  NetworkInterfaceId: 'eni-1',
  Description: 'arn:aws:ecs:us-east-1:111122223333:attachment/a1',
  Status: 'in-use',
  RequesterId: '578734482556',
  ...more,
})

async function users(interfaces: readonly NetworkInterface[], tasks: readonly Task[] = []) {
  let asked = 0
  const ecs = {
    clusterArns: async () => [CLUSTER],
    tasks: async () => {
      asked += 1
      return tasks
    },
  } as unknown as EcsReader
  return { users: await lastingUsers(interfaces, { ecs, region: 'us-east-1' }), asked }
}

describe('who uses the security group of the tasks', () => {
  it('is a task that is to go on running, with the command that stops it', async () => {
    expect((await users([ofTask()], [task()])).users).to.deep.equal([
      {
        what: 'task t1 of ECS cluster theirs, which somebody has started',
        finish: 'aws ecs stop-task --cluster theirs --task t1 --region us-east-1',
      },
    ])
    const [ofService] = (await users([ofTask()], [task({ group: 'service:web' })])).users
    expect(ofService?.finish).to.equal(
      'aws ecs update-service --cluster theirs --service web --desired-count 0 --region us-east-1',
    )
  })

  it('is no task that has stopped, however late its interface goes', async () => {
    expect((await users([ofTask()], [task({ desiredStatus: 'STOPPED' })])).users).to.deep.equal([])
    expect((await users([ofTask()])).users).to.deep.equal([])
    expect((await users([ofTask({ Status: 'detaching' })], [task()])).users).to.deep.equal([])
  })

  it('is an interface that ECS did not make, and ECS is not asked about it', async () => {
    const bastion = { NetworkInterfaceId: 'eni-2', OwnerId: '111122223333', Description: 'bastion' }
    const free = await users([{ ...bastion, Status: 'available' }])
    expect(free).to.deep.equal({
      users: [
        {
          what: 'network interface eni-2 "bastion" of 111122223333',
          finish: 'aws ec2 delete-network-interface --network-interface-id eni-2 --region us-east-1',
        },
      ],
      asked: 0,
    })
    const [used] = (await users([{ ...bastion, Status: 'in-use' }])).users
    expect(used?.finish).to.contain('modify-network-interface-attribute --network-interface-id eni-2 --groups')
  })
})
