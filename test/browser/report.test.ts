import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import axe from 'axe-core'
import { expect } from 'chai'
import type { Browser, Page } from 'playwright-core'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { cli } from '../support/cli.ts'
import { image, openBrowser } from './browser.ts'
import { faultsOfPage, faultsOfPictures } from './geometry.ts'
import { steady } from './steady.ts'

/** What is built and tested before the report is made. */
const MESHES = {
  healthy: [
    ['up', '--yes'],
    ['test', 'run', '--all'],
  ],
  denied: [
    ['up', '--yes'],
    ['policy', 'apply', 'eks-deny'],
    ['policy', 'apply', 'post-only'],
    ['test', 'run', '--as-is'],
  ],
  'half-built': [
    ['up', '--until', 'ecs', '--yes'],
    ['apps', 'deploy'],
    ['test', 'run', '--as-is', '--timeout', '5s'],
  ],
} as const

const VIEWS = {
  light: { viewport: { width: 1280, height: 1060 }, colorScheme: 'light' },
  dark: { viewport: { width: 1280, height: 1060 }, colorScheme: 'dark' },
  phone: { viewport: { width: 390, height: 844 }, colorScheme: 'light' },
} as const

describe('the report in a browser', function () {
  this.timeout(180_000)
  let browser: Browser
  let directory: string
  before(async () => {
    browser = await openBrowser()
    directory = await mkdtemp(join(tmpdir(), 'report-'))
  })
  after(async () => {
    await browser.close()
    await rm(directory, { recursive: true })
  })

  const file = (name: string) => join(directory, `${name}.html`)

  /** Shows a page, and holds against it whatever it asks of the network. */
  async function show(name: string, view: keyof typeof VIEWS): Promise<Page> {
    const page = await browser.newPage({ ...VIEWS[view], bypassCSP: true })
    page.on('request', request => expect(request.url()).to.match(/^file:/))
    await page.goto(`file://${file(name)}`)
    return page
  }

  async function expectReadable(page: Page): Promise<void> {
    expect(await page.evaluate(faultsOfPictures)).to.deep.equal([])
    expect(await page.evaluate(faultsOfPage)).to.deep.equal([])
  }

  async function expectAccessible(page: Page): Promise<void> {
    await page.evaluate(axe.source)
    const { violations } = await page.evaluate(() => (globalThis as unknown as { axe: typeof axe }).axe.run(document))
    const grave = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical')
    expect(grave.map(({ id, nodes }) => [id, ...nodes.map(({ html }) => html)])).to.deep.equal([])
  }

  for (const [mesh, commands] of Object.entries(MESHES)) {
    describe(`of a ${mesh} mesh`, () => {
      before(async () => {
        const sandbox = await startSandbox({ speed: 400 })
        try {
          for (const command of commands) await cli(command, { env: sandbox.environment })
          const { code, stderr } = await cli(['report', '--html', file(mesh)], { env: sandbox.environment })
          expect(code, stderr).to.equal(0)
        } finally {
          await sandbox.close()
        }
        await writeFile(file(mesh), steady(await readFile(file(mesh), 'utf8')))
      })

      for (const view of Object.keys(VIEWS) as (keyof typeof VIEWS)[]) {
        it(`is readable and accessible: ${view}`, async () => {
          const page = await show(mesh, view)
          await page.screenshot({ path: image(`report-${mesh}-${view}`) })
          await expectReadable(page)
          await expectAccessible(page)
          await page.close()
        })
      }
    })
  }

  describe('whatever it shows', () => {
    it('can be read by keyboard: the skip link first, evidence opens by a key', async () => {
      const page = await show('healthy', 'light')
      await page.keyboard.press('Tab')
      expect(await page.evaluate(() => document.activeElement?.textContent)).to.equal('To the content')
      const summary = page.locator('.matrix summary').first()
      await summary.focus()
      await page.keyboard.press('Enter')
      expect(await page.locator('.matrix details').first().getAttribute('open')).not.to.equal(null)
      await expectReadable(page)
      await page.close()
    })

    it('prints dark on white, whatever the screen is', async () => {
      const page = await show('denied', 'dark')
      const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor)
      expect(await ground()).not.to.equal('rgb(255, 255, 255)')
      await page.emulateMedia({ media: 'print' })
      expect(await ground()).to.equal('rgb(255, 255, 255)')
      await page.close()
    })
  })
})

describe('the report of two hundred services', function () {
  this.timeout(180_000)
  let sandbox: Sandbox
  let directory: string
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'report-'))
    sandbox = await startSandbox({ speed: 400 })
    const up = await cli(['up', '--yes'], { env: sandbox.environment })
    expect(up.code, up.stderr).to.equal(0)
    await addServices(sandbox, 198)
  })
  after(async () => {
    await sandbox.close()
    await rm(directory, { recursive: true })
  })

  it('is made in seconds, and is readable', async () => {
    const file = join(directory, 'many.html')
    const times: number[] = []
    for (let run = 0; run < 3; run += 1) {
      const since = performance.now()
      const { code, stderr } = await cli(['report', '--html', file], { env: sandbox.environment })
      times.push(performance.now() - since)
      expect(code, stderr).to.equal(0)
    }
    const best = Math.min(...times)
    process.stdout.write(`      report of 200 services: ${(best / 1000).toFixed(1)} s\n`)
    const browser = await openBrowser()
    try {
      const page = await browser.newPage()
      await page.goto(`file://${file}`)
      expect(await page.evaluate(faultsOfPictures)).to.deep.equal([])
      expect(await page.locator('#inventory').getByText('spare-197', { exact: true }).count()).to.equal(1)
    } finally {
      await browser.close()
    }
    // Under three on a machine that does nothing else; this finds only what grows out of hand.
    expect(best).to.be.below(15_000)
  })
})

/** More of the echo service, without asking the program. */
async function addServices({ aws }: Sandbox, count: number): Promise<void> {
  const cluster = 'ecs-ambient-ecs'
  const { services: [echo] = [] } = await aws.call('ecs', 'DescribeServices', { cluster, services: ['echo-service'] })
  const { taskDefinition, networkConfiguration } = echo ?? {}
  for (let index = 0; index < count; index += 1) {
    await aws.call('ecs', 'CreateService', {
      cluster,
      serviceName: `spare-${index}`,
      taskDefinition,
      networkConfiguration,
      desiredCount: 1,
      launchType: 'FARGATE',
    })
  }
}
