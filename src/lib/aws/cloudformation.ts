import type { CloudFormation, Stack, StackEvent, StackResourceSummary } from '@aws-sdk/client-cloudformation'
import { awsCode, awsMessage } from './errors.ts'
import { AwsService, allPages } from './service.ts'

const paged = (token: string | undefined) => (token ? { NextToken: token } : {})

/** CloudFormation has no error of its own for a stack that does not exist: it says ValidationError. */
async function ifStack<T>(answer: Promise<T>): Promise<T | undefined> {
  try {
    return await answer
  } catch (error) {
    if (awsCode(error) === 'ValidationError' && /does not exist/.test(awsMessage(error))) return undefined
    throw error
  }
}

export class CloudFormationReader extends AwsService<CloudFormation> {
  /** The stack of that name with its tags, or undefined; deleted ones are found by id only. */
  async stack(name: string): Promise<Stack | undefined> {
    return (await ifStack((await this.sdk()).describeStacks({ StackName: name })))?.Stacks?.[0]
  }

  /** All stacks that are not deleted, with their tags. */
  async stacks(): Promise<readonly Stack[]> {
    const cloudFormation = await this.sdk()
    const stacks = await allPages(
      token => cloudFormation.describeStacks(paged(token)),
      page => page.Stacks,
      page => page.NextToken,
    )
    return stacks.filter(stack => stack.StackStatus !== 'DELETE_COMPLETE')
  }

  /** What happened to a stack lately, newest first. */
  async events(name: string): Promise<readonly StackEvent[]> {
    const answer = await ifStack((await this.sdk()).describeStackEvents({ StackName: name }))
    return answer?.StackEvents ?? []
  }

  async resources(name: string): Promise<readonly StackResourceSummary[]> {
    const cloudFormation = await this.sdk()
    const resources = await ifStack(
      allPages(
        token => cloudFormation.listStackResources({ StackName: name, ...paged(token) }),
        page => page.StackResourceSummaries,
        page => page.NextToken,
      ),
    )
    return resources ?? []
  }

  /** Physical id of the first resource of a type, such as `AWS::EC2::VPC`; undefined where there is none yet. */
  async resourceOf(name: string, type: string): Promise<string | undefined> {
    const resources = await this.resources(name)
    return resources.find(({ ResourceType }) => ResourceType === type)?.PhysicalResourceId || undefined
  }
}

export class CloudFormationWriter extends CloudFormationReader {
  /** Begins the deletion; a stack that does not exist is no error. */
  async deleteStack(name: string): Promise<void> {
    await (await this.sdk()).deleteStack({ StackName: name })
  }
}
