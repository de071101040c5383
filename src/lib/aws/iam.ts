import type {
  EvaluationResult,
  IAM,
  ListEntitiesForPolicyResponse,
  Policy,
  PolicyVersion,
  Role,
} from '@aws-sdk/client-iam'
import { AwsService, allPages, ifFound, inChunks } from './service.ts'
import { type Tags, tagsOf, upperTags } from './tags.ts'

/** What IAM stores URL-encoded, as text. */
const decoded = (document: string | undefined): string => decodeURIComponent(document ?? '')

export class IamReader extends AwsService<IAM> {
  /** The role with its tags, or undefined; its trust policy is decoded. */
  async role(name: string): Promise<Role | undefined> {
    const answer = await ifFound((await this.sdk()).getRole({ RoleName: name }), 'NoSuchEntity')
    return answer?.Role && { ...answer.Role, AssumeRolePolicyDocument: decoded(answer.Role.AssumeRolePolicyDocument) }
  }

  /** ARNs of the managed policies that are attached to the role; none where there is no such role. */
  async attachedPolicies(roleName: string): Promise<readonly string[]> {
    const iam = await this.sdk()
    const policies = await ifFound(
      allPages(
        Marker => iam.listAttachedRolePolicies({ RoleName: roleName, ...(Marker ? { Marker } : {}) }),
        page => page.AttachedPolicies,
        page => page.Marker,
      ),
      'NoSuchEntity',
    )
    return (policies ?? []).flatMap(policy => policy.PolicyArn ?? [])
  }

  /** Names of the policies that are written into the role itself. */
  async inlinePolicies(roleName: string): Promise<readonly string[]> {
    const iam = await this.sdk()
    const names = await ifFound(
      allPages(
        Marker => iam.listRolePolicies({ RoleName: roleName, ...(Marker ? { Marker } : {}) }),
        page => page.PolicyNames,
        page => page.Marker,
      ),
      'NoSuchEntity',
    )
    return names ?? []
  }

  /** The managed policy with its tags, or undefined. */
  async policy(arn: string): Promise<Policy | undefined> {
    return (await ifFound((await this.sdk()).getPolicy({ PolicyArn: arn }), 'NoSuchEntity'))?.Policy
  }

  /** The text of one version of a policy, or undefined. */
  async policyDocument(arn: string, version: string): Promise<string | undefined> {
    const iam = await this.sdk()
    const answer = await ifFound(iam.getPolicyVersion({ PolicyArn: arn, VersionId: version }), 'NoSuchEntity')
    return answer && decoded(answer.PolicyVersion?.Document)
  }

  /** All versions of a policy, without their documents. */
  async policyVersions(arn: string): Promise<readonly PolicyVersion[]> {
    const iam = await this.sdk()
    const versions = await ifFound(
      allPages(
        Marker => iam.listPolicyVersions({ PolicyArn: arn, ...(Marker ? { Marker } : {}) }),
        page => page.Versions,
        page => page.Marker,
      ),
      'NoSuchEntity',
    )
    return versions ?? []
  }

  /**
   * What the policies of a user or role say of actions on resources. Conditions that need a value of the request's
   * count as not met, and name it.
   */
  async simulate(
    principalArn: string,
    actions: readonly string[],
    resources: readonly string[] = ['*'],
  ): Promise<readonly EvaluationResult[]> {
    const iam = await this.sdk()
    return inChunks(actions, 50, ActionNames =>
      allPages(
        Marker =>
          iam.simulatePrincipalPolicy({
            PolicySourceArn: principalArn,
            ActionNames,
            ResourceArns: [...resources],
            ...(Marker ? { Marker } : {}),
          }),
        page => page.EvaluationResults,
        page => page.Marker,
      ),
    )
  }

  /** Names of the roles that a policy is attached to. */
  async rolesWithPolicy(arn: string): Promise<readonly string[]> {
    const iam = await this.sdk()
    const roles = await ifFound(
      allPages<ListEntitiesForPolicyResponse, { RoleName?: string | undefined }>(
        Marker => iam.listEntitiesForPolicy({ PolicyArn: arn, ...(Marker ? { Marker } : {}) }),
        page => page.PolicyRoles,
        page => page.Marker,
      ),
      'NoSuchEntity',
    )
    return (roles ?? []).flatMap(role => role.RoleName ?? [])
  }

  /** All OIDC providers of the account, each with its tags; one that goes meanwhile is left out. */
  async oidcProviders(): Promise<readonly { readonly arn: string; readonly tags: Tags }[]> {
    const iam = await this.sdk()
    const { OpenIDConnectProviderList = [] } = await iam.listOpenIDConnectProviders({})
    const found = await Promise.all(
      OpenIDConnectProviderList.map(async ({ Arn: arn = '' }) => {
        const provider = await ifFound(iam.getOpenIDConnectProvider({ OpenIDConnectProviderArn: arn }), 'NoSuchEntity')
        return provider ? [{ arn, tags: tagsOf(provider.Tags) }] : []
      }),
    )
    return found.flat()
  }
}

export interface NewRole {
  readonly name: string
  readonly path: string
  /** The trust policy, as JSON text. */
  readonly trust: string
  readonly description: string
  readonly tags: Tags
}

export interface NewPolicy {
  readonly name: string
  readonly path: string
  /** As JSON text. */
  readonly document: string
  readonly description: string
  readonly tags: Tags
}

export class IamWriter extends IamReader {
  async createRole({ name, path, trust, description, tags }: NewRole): Promise<string | undefined> {
    const answer = await (await this.sdk()).createRole({
      RoleName: name,
      Path: path,
      AssumeRolePolicyDocument: trust,
      Description: description,
      Tags: upperTags(tags),
    })
    return answer.Role?.Arn
  }

  async updateTrust(roleName: string, trust: string): Promise<void> {
    await (await this.sdk()).updateAssumeRolePolicy({ RoleName: roleName, PolicyDocument: trust })
  }

  async attachPolicy(roleName: string, policyArn: string): Promise<void> {
    await (await this.sdk()).attachRolePolicy({ RoleName: roleName, PolicyArn: policyArn })
  }

  async detachPolicy(roleName: string, policyArn: string): Promise<void> {
    await (await this.sdk()).detachRolePolicy({ RoleName: roleName, PolicyArn: policyArn })
  }

  async putInlinePolicy(roleName: string, policyName: string, document: string): Promise<void> {
    await (await this.sdk()).putRolePolicy({ RoleName: roleName, PolicyName: policyName, PolicyDocument: document })
  }

  async deleteInlinePolicy(roleName: string, policyName: string): Promise<void> {
    await (await this.sdk()).deleteRolePolicy({ RoleName: roleName, PolicyName: policyName })
  }

  async deleteOidcProvider(arn: string): Promise<void> {
    await (await this.sdk()).deleteOpenIDConnectProvider({ OpenIDConnectProviderArn: arn })
  }

  async deleteRole(name: string): Promise<void> {
    await (await this.sdk()).deleteRole({ RoleName: name })
  }

  async tagRole(name: string, tags: Tags): Promise<void> {
    await (await this.sdk()).tagRole({ RoleName: name, Tags: upperTags(tags) })
  }

  async untagRole(name: string, keys: readonly string[]): Promise<void> {
    await (await this.sdk()).untagRole({ RoleName: name, TagKeys: [...keys] })
  }

  async createPolicy({ name, path, document, description, tags }: NewPolicy): Promise<string | undefined> {
    const answer = await (await this.sdk()).createPolicy({
      PolicyName: name,
      Path: path,
      PolicyDocument: document,
      Description: description,
      Tags: upperTags(tags),
    })
    return answer.Policy?.Arn
  }

  /** The new version becomes the one in force. */
  async createPolicyVersion(arn: string, document: string): Promise<void> {
    await (await this.sdk()).createPolicyVersion({ PolicyArn: arn, PolicyDocument: document, SetAsDefault: true })
  }

  async deletePolicyVersion(arn: string, version: string): Promise<void> {
    await (await this.sdk()).deletePolicyVersion({ PolicyArn: arn, VersionId: version })
  }

  async deletePolicy(arn: string): Promise<void> {
    await (await this.sdk()).deletePolicy({ PolicyArn: arn })
  }

  async tagPolicy(arn: string, tags: Tags): Promise<void> {
    await (await this.sdk()).tagPolicy({ PolicyArn: arn, Tags: upperTags(tags) })
  }

  async untagPolicy(arn: string, keys: readonly string[]): Promise<void> {
    await (await this.sdk()).untagPolicy({ PolicyArn: arn, TagKeys: [...keys] })
  }

  /** The role that an AWS service itself uses in this account, such as `ecs.amazonaws.com`. */
  async createServiceLinkedRole(service: string): Promise<void> {
    await (await this.sdk()).createServiceLinkedRole({ AWSServiceName: service })
  }
}
