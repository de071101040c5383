import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { cli } from '../support/cli.ts'

describe('up --export', () => {
  it('writes configuration and workflow without a terminal, and asks AWS nothing', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'ecs-ambient-'))
    // Nobody answers there: a call to AWS would fail.
    const env = { CLUSTER_NAME: 'mine', AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }
    const { code, json, stderr } = await cli(['up', '--export', directory, '--until', 'ecs', '--json'], { env })
    expect(code, stderr).to.equal(0)
    expect(json().result.written).to.have.length(2)
    expect(readFileSync(join(directory, 'ecs-ambient.yaml'), 'utf8')).to.include('clusterName: "mine"')
    const workflow = readFileSync(join(directory, '.github/workflows/ecs-ambient.yaml'), 'utf8')
    expect(workflow).to.include('ecs-ambient up --yes --until ecs')
    expect(workflow).to.match(/npm install --global ecs-ambient@\d+\.\d+\.\d+/)
    rmSync(directory, { recursive: true })
  })
})
