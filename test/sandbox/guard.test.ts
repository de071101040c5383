import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { isLoopback } from '../../src/sandbox/guard.ts'

const guard = new URL('../../src/sandbox/guard.ts', import.meta.url).href

/** Runs a module in a process of its own, since the guard is for good. */
async function inChild(script: string, environment: NodeJS.ProcessEnv): Promise<unknown> {
  const source = `const { enter } = await import(${JSON.stringify(guard)});\n${script}`
  const child = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source], { env: environment })
  return JSON.parse(child.stdout)
}

const HOSTILE = {
  AWS_ACCESS_KEY_ID: 'AKIAREALREALREALREAL',
  AWS_SECRET_ACCESS_KEY: 'real',
  AWS_SESSION_TOKEN: 'real',
  AWS_PROFILE: 'production',
  AWS_ENDPOINT_URL_IAM: 'https://iam.amazonaws.com',
  AWS_CA_BUNDLE: '/etc/ca',
  AWS_WEB_IDENTITY_TOKEN_FILE: '/var/token',
  https_proxy: 'http://proxy.example:3128',
  HTTP_PROXY: 'http://proxy.example:3128',
  ALL_PROXY: 'socks5://proxy.example:1080',
  NO_PROXY: 'nothing',
  KUBECONFIG: '/home/user/.kube/production',
  ISTIOCTL: '/usr/bin/istioctl',
  EKSCTL: '/usr/bin/eksctl',
  HUB: 'real.example/istio',
}

describe('the guard of the sandbox', () => {
  it("takes the user's settings out of the environment", async () => {
    const script = `
      enter({ AWS_ENDPOINT_URL: 'http://127.0.0.1:1', HUB: 'sandbox' })
      console.log(JSON.stringify(Object.fromEntries(Object.keys(process.env).filter(k => /aws|proxy|kube|ctl|hub/i.test(k)).map(k => [k, process.env[k]]))))`
    expect(await inChild(script, { PATH: process.env.PATH, ...HOSTILE })).to.deep.equal({
      AWS_ENDPOINT_URL: 'http://127.0.0.1:1',
      HUB: 'sandbox',
    })
  })

  it('refuses every connection that leaves this machine, and none that does not', async () => {
    const script = `
      enter({})
      const net = await import('node:net'), tls = await import('node:tls'), http = await import('node:http'), https = await import('node:https')
      const server = http.createServer((q, s) => s.end('here')).listen(0, '127.0.0.1')
      await new Promise(done => server.once('listening', done))
      const { port } = server.address()
      const why = error => error.code ?? error.cause?.code ?? error.message
      const get = (module, url) => new Promise(done => module.get(url, s => { s.resume(); done(s.statusCode) }).once('error', e => done(why(e))))
      const socket = made => new Promise(done => made.once('connect', () => { made.destroy(); done('connected') }).once('error', e => done(why(e))))
      const result = {
        fetchHere: await fetch('http://127.0.0.1:' + port).then(r => r.text()),
        httpHere: await get(http, 'http://localhost:' + port),
        netHere: await socket(net.connect(port)),
        fetchAway: await fetch('http://192.0.2.1/').catch(why),
        httpAway: await get(http, 'http://iam.amazonaws.com/'),
        httpsAway: await get(https, 'https://sts.amazonaws.com/'),
        netAway: await socket(net.connect({ host: '169.254.169.254', port: 80 })),
        tlsAway: await socket(tls.connect(443, '192.0.2.1')),
      }
      server.close(); server.closeAllConnections()
      console.log(JSON.stringify(result))`
    expect(await inChild(script, { PATH: process.env.PATH })).to.deep.equal({
      fetchHere: 'here',
      httpHere: 200,
      netHere: 'connected',
      fetchAway: 'ERR_SANDBOX_CONFINED',
      httpAway: 'ERR_SANDBOX_CONFINED',
      httpsAway: 'ERR_SANDBOX_CONFINED',
      netAway: 'ERR_SANDBOX_CONFINED',
      tlsAway: 'ERR_SANDBOX_CONFINED',
    })
  })

  it("keeps the AWS SDK from the user's account, whatever ~/.aws says", async () => {
    const home = await mkdtemp(join(tmpdir(), 'ecs-ambient-home-'))
    try {
      await mkdir(join(home, '.aws'))
      const profile = 'aws_access_key_id = AKIAREALREALREALREAL\naws_secret_access_key = real\nregion = eu-west-1\n'
      await writeFile(join(home, '.aws', 'credentials'), `[default]\n${profile}[production]\n${profile}`)
      await writeFile(join(home, '.aws', 'config'), '[profile production]\nendpoint_url = https://sts.amazonaws.com\n')
      const sdk = import.meta.resolve('@aws-sdk/client-sts')
      const script = `
        const http = await import('node:http')
        let seen
        const server = http.createServer((q, s) => { seen = q.headers.authorization; s.writeHead(400).end() }).listen(0, '127.0.0.1')
        await new Promise(done => server.once('listening', done))
        enter({
          AWS_ENDPOINT_URL: 'http://127.0.0.1:' + server.address().port, AWS_REGION: 'us-east-1',
          AWS_ACCESS_KEY_ID: 'AKIASANDBOX000000000', AWS_SECRET_ACCESS_KEY: 'sandbox',
          AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
        })
        const { STSClient, GetCallerIdentityCommand } = await import(${JSON.stringify(sdk)})
        await new STSClient({}).send(new GetCallerIdentityCommand({})).catch(() => {})
        server.close(); server.closeAllConnections()
        console.log(JSON.stringify(seen.match(/Credential=[^,]*/)[0]))`
      expect(await inChild(script, { PATH: process.env.PATH, HOME: home, ...HOSTILE })).to.match(
        /^Credential=AKIASANDBOX000000000\/\d+\/us-east-1\/sts\/aws4_request$/,
      )
    } finally {
      await rm(home, { recursive: true, force: true })
    }
  })

  it('knows what is this machine', () => {
    const here = ['127.0.0.1', '127.9.8.7', '::1', '[::1]', 'localhost', 'a.localhost', '::ffff:127.0.0.1']
    const away = ['0.0.0.0', '128.0.0.1', 'localhost.example', '127.0.0.1.example', '::2', '169.254.169.254', '']
    expect(here.filter(isLoopback)).to.deep.equal(here)
    expect(away.filter(isLoopback)).to.deep.equal([])
  })
})
