import { expect } from 'chai'
import { Failure } from '../../../src/lib/engine/failure.ts'
import { finishingCommand, finishingTurn } from '../../../src/lib/steps/finishing.ts'
import {
  keptLines,
  type Leftover,
  leftoverFailure,
  leftoverLines,
  withLeftovers,
} from '../../../src/lib/steps/sweep.ts'
import { settings } from '../../support/settings.ts'

const left = (more: Partial<Leftover> = {}): Leftover => ({
  step: 'cluster',
  kind: 'load-balancer',
  name: 'a1b2',
  cost: 'about $0.03 an hour',
  finish: 'aws elb delete-load-balancer --load-balancer-name a1b2 --region us-east-1',
  ...more,
})

describe('a sweep', () => {
  it('that finds nothing is no failure', () => {
    expect(leftoverFailure({ left: [], unseen: [] }, 'again')).to.equal(undefined)
  })

  it('says of each thing what it is, what it costs, and the command that takes it away', () => {
    const group = left({
      kind: 'security-group',
      name: 'tasks',
      id: 'sg-1',
      cost: 'free while unused',
      finish: 'aws …',
    })
    const failure = leftoverFailure({ left: [left(), group], unseen: [] }, 'ecs-ambient cleanup --yes')
    expect(failure).to.include({ code: 'LEFT_OVER', exit: 1, message: '2 of our resources are left.' })
    expect(failure?.stands).to.deep.equal([
      'load-balancer a1b2: about $0.03 an hour',
      'security-group tasks (sg-1): free while unused',
    ])
    expect(failure?.suggestions).to.deep.equal(['ecs-ambient cleanup --yes', left().finish, 'aws …'])
  })

  it('is a failure where something could not be looked at', () => {
    const failure = leftoverFailure(
      { left: [], unseen: [{ what: 'load balancers', error: new Error('denied') }] },
      'again',
    )
    expect(failure?.why).to.deep.equal(['load balancers could not be looked at: denied'])
  })

  it('says why something is only named', () => {
    const volume = left({ kind: 'ebs-volume', name: 'shop/orders', id: 'vol-1', kept: 'it holds data' })
    expect(leftoverLines({ left: [volume] })).to.deep.equal([
      'ebs-volume shop/orders (vol-1): about $0.03 an hour; it holds data',
    ])
  })

  it('is no failure for what may stay, and says how to take it away', () => {
    const logs = left({
      kind: 'log-group',
      name: '/aws/eks/c/cluster',
      cost: 'free while unused',
      finish: 'aws logs …',
    })
    const swept = { left: [], kept: [logs], unseen: [] }
    expect(leftoverFailure(swept, 'again')).to.equal(undefined)
    expect(keptLines(swept)).to.deep.equal(['Kept: log-group /aws/eks/c/cluster: free while unused', '  aws logs …'])
  })

  it('adds to a failed removal what stands because of it', () => {
    const failure = withLeftovers(new Failure({ code: 'X', exit: 3, message: 'm', suggestions: ['s'] }), {
      left: [left()],
      unseen: [],
    })
    expect(failure).to.include({ code: 'X', exit: 3 })
    expect(failure.stands).to.have.length(1)
    expect(failure.suggestions).to.deep.equal(['s', left().finish])
  })

  it('does not suggest to do by hand what is refused because something needs it', () => {
    const refused = new Failure({ code: 'STILL_IN_USE', message: 'm', suggestions: ['s'] })
    expect(withLeftovers(refused, { left: [left()], unseen: [] }).suggestions).to.deep.equal(['s'])
  })
})

describe('the command that finishes the job', () => {
  const cases: readonly [kind: string, name: string, command: string, id?: string][] = [
    ['eks-cluster', 'c', 'eksctl delete cluster --name c --region us-east-1 --wait --disable-nodegroup-eviction'],
    ['cloudformation-stack', 's', 'aws cloudformation delete-stack --stack-name s --region us-east-1'],
    ['security-group', 'n', 'aws ec2 delete-security-group --group-id sg-1 --region us-east-1', 'sg-1'],
    ['ecs-service', 'c/s', 'aws ecs delete-service --cluster c --service s --force --region us-east-1'],
    ['ecs-cluster', 'pay', 'ecs-ambient ecs delete --ecs-cluster pay --yes'],
    ['log-group', '/ecs/x', 'aws logs delete-log-group --log-group-name /ecs/x --region us-east-1'],
    ['Deployment', 'default/eks-echo', 'kubectl -n default delete Deployment eks-echo'],
    ['Namespace', 'ecs', 'kubectl delete Namespace ecs'],
  ]
  for (const [kind, name, command, id] of cases) {
    it(`for ${kind}`, () => {
      expect(finishingCommand({ kind, name, ...(id ? { id } : {}) }, settings())).to.equal(command)
    })
  }

  it('comes in the order in which things can go', () => {
    const kinds = ['vpc', 'security-group', 'istio', 'iam-role', 'Gateway', 'security-group-rules', 'ecs-service']
    expect(kinds.toSorted((a, b) => finishingTurn({ kind: a }) - finishingTurn({ kind: b }))).to.deep.equal([
      'ecs-service',
      'security-group-rules',
      'security-group',
      'Gateway',
      'istio',
      'iam-role',
      'vpc',
    ])
  })

  it('is about this cluster, whatever the shell is about', () => {
    const here = { ...settings(), kubeconfig: '/my home/c.yaml' }
    const commands = [
      { kind: 'istio', name: '1.24.1' },
      { kind: 'Gateway', name: 'istio-system/eastwest' },
      { kind: 'namespace-label', name: 'default: istio.io/dataplane-mode=ambient' },
      { kind: 'namespace-label', name: 'istio-system: topology.istio.io/network' },
      { kind: 'pod-identity-association', name: 'istio-system/istiod', id: 'a-1' },
      { kind: 'eks-addon', name: 'vpc-cni' },
    ].map(left => finishingCommand(left, here))
    expect(commands).to.deep.equal([
      "istioctl --kubeconfig '/my home/c.yaml' uninstall --purge -y",
      "kubectl --kubeconfig '/my home/c.yaml' -n istio-system delete gateways.gateway.networking.k8s.io eastwest",
      "kubectl --kubeconfig '/my home/c.yaml' label namespace default istio.io/dataplane-mode-",
      "kubectl --kubeconfig '/my home/c.yaml' label namespace istio-system topology.istio.io/network-",
      'aws eks delete-pod-identity-association --cluster-name ambient-ecs --association-id a-1 --region us-east-1',
      'aws eks delete-addon --cluster-name ambient-ecs --addon-name vpc-cni --region us-east-1',
    ])
  })

  it('takes no cluster away for a role of the tasks', () => {
    const role = { kind: 'iam-role', name: 'eks-ecs-task-role' }
    expect(finishingCommand({ ...role, step: 'iam' }, settings())).to.equal('ecs-ambient iam delete --yes')
  })

  it('names the rules of a security group', () => {
    const rules = { kind: 'security-group-rules', name: 'tasks', id: 'sg-1', detail: ['sgr-1', 'sgr-2'] }
    expect(finishingCommand(rules, settings())).to.equal(
      'aws ec2 revoke-security-group-ingress --group-id sg-1 --security-group-rule-ids sgr-1 sgr-2 --region us-east-1',
    )
  })
})
