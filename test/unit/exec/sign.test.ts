import { expect } from 'chai'
import { signedHeaders } from '../../../src/lib/exec/sign.ts'

const url = 'wss://ssmmessages.eu-west-1.amazonaws.com/v1/data-channel/ecs-execute-command-1?role=publish_subscribe'
const at = new Date('2026-01-02T03:04:05Z')
const known = async () => ({ accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' })

describe('the signature of the opening of a data channel', () => {
  it('is SigV4 for ssmmessages in the region of the session', async () => {
    const headers = await signedHeaders(url, 'eu-west-1', known, at)
    expect(headers['x-amz-date']).to.equal('20260102T030405Z')
    expect(headers.authorization).to.match(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260102\/eu-west-1\/ssmmessages\/aws4_request, SignedHeaders=host;x-amz-date, Signature=[0-9a-f]{64}$/,
    )
  })

  it('covers path and query', async () => {
    const signature = async (of: string) => (await signedHeaders(of, 'eu-west-1', known, at)).authorization
    expect(await signature(url)).not.to.equal(await signature(`${url}&cell-number=1`))
    expect(await signature(url)).not.to.equal(await signature(url.replace('command-1', 'command-2')))
  })

  it('brings the token of temporary credentials', async () => {
    const temporary = async () => ({ ...(await known()), sessionToken: 'token' })
    expect(await signedHeaders(url, 'eu-west-1', temporary, at)).to.include({ 'x-amz-security-token': 'token' })
  })

  it('is left out where the URL is signed already', async () => {
    const asked = () => Promise.reject(new Error('not to be asked'))
    expect(await signedHeaders(`${url}&X-Amz-Signature=0`, 'eu-west-1', asked, at)).to.deep.equal({})
  })

  it('is left out, without any error, where there are no credentials', async () => {
    expect(await signedHeaders(url, 'eu-west-1', () => Promise.reject(new Error('none')), at)).to.deep.equal({})
  })
})
