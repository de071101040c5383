/** What an ARN ends in: the name or id of the thing itself. A name alone stays as it is; of nothing, the empty text. */
export const nameInArn = (arn = ''): string => arn.split('/').at(-1) ?? ''
