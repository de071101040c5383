import { AwsError } from '../../wire/error.ts'

const DESCRIPTION = /^[a-zA-Z0-9. _\-:/()#,@[\]+=&;{}!$*]{0,255}$/
const RULE = 'strings less than 256 characters from the following set:  a-zA-Z0-9. _-:/()#,@[]+=&;{}!$*'

/** What EC2 takes as text of a security group or a rule. @throws AwsError `InvalidParameterValue` */
export function checkDescription(what: 'security group' | 'rule', text = ''): void {
  if (!DESCRIPTION.test(text))
    throw new AwsError('InvalidParameterValue', `Invalid ${what} description. Valid descriptions are ${RULE}`)
}
