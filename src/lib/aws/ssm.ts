import type { SSM } from '@aws-sdk/client-ssm'
import { AwsService, ifFound } from './service.ts'

/** The service behind sessions. Whoever opened one may go on with it and end it: a write each. */
export class SsmWriter extends AwsService<SSM> {
  /** A new token for a session whose connection was lost: a secret. Undefined where the session is gone. */
  async resumeSession(sessionId: string): Promise<string | undefined> {
    const answer = await ifFound((await this.sdk()).resumeSession({ SessionId: sessionId }), 'DoesNotExistException')
    return answer?.TokenValue || undefined
  }

  async terminateSession(sessionId: string): Promise<void> {
    await (await this.sdk()).terminateSession({ SessionId: sessionId })
  }
}
