import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { writeWhole } from '../checks/write-whole.ts'
import { FILE_NAME } from '../config/file.ts'
import { type Key, NOT_IN_FILE, SECRETS } from '../config/schema.ts'
import type { Settings } from '../config/settings.ts'
import { Exit, Failure } from '../engine/failure.ts'

/** What the same run needs elsewhere, as files. */
export interface Exported {
  readonly settings: Pick<Settings, 'region'>
  /** What was given or answered, as it was written. */
  readonly given: ReadonlyMap<Key, unknown>
  /** The flags of `up` that say which steps: `--until ecs`. */
  readonly range: readonly string[]
  /** Of this program: the workflow installs the same. */
  readonly version: string
}

export interface ExportFile {
  readonly path: string
  readonly content: string
}

/** Of this machine and this person; elsewhere they are others. */
const HERE_ONLY: ReadonlySet<Key> = new Set(['profile', 'istioctl', 'eksctl', 'kubeconfig', 'os', 'arch'])

const MARK = '# Written by ecs-ambient.'
export const WORKFLOW = '.github/workflows/ecs-ambient.yaml'

/** The configuration and a CI workflow that runs the same with it. No secret is in either. */
export const exportFiles = (exported: Exported): readonly ExportFile[] => [
  configurationFile(exported),
  {
    path: WORKFLOW,
    content: `${MARK} It runs what was asked for in ${FILE_NAME}.\n${stringify(workflow(exported), { lineWidth: 0 })}`,
  },
]

export function configurationFile({ settings, given }: Exported): ExportFile {
  const kept = [...given].filter(([key]) => !HERE_ONLY.has(key) && !NOT_IN_FILE.has(key) && !SECRETS.has(key))
  const values = { region: settings.region, ...Object.fromEntries(kept) }
  return {
    path: FILE_NAME,
    content: `${MARK}\n${stringify(values, { defaultStringType: 'QUOTE_DOUBLE', defaultKeyType: 'PLAIN' })}`,
  }
}

const workflow = ({ settings, range, version }: Exported) => ({
  name: 'ecs-ambient',
  on: { workflow_dispatch: {} },
  permissions: { contents: 'read', 'id-token': 'write' },
  // Two runs on one cluster would change the policies under each other's checks.
  concurrency: 'ecs-ambient',
  jobs: {
    walkthrough: {
      'runs-on': 'ubuntu-latest',
      'timeout-minutes': 90,
      env: { GLOO_MESH_LICENSE_KEY: secret('GLOO_MESH_LICENSE_KEY') },
      steps: [
        { uses: 'actions/checkout@v5' },
        { uses: 'actions/setup-node@v5', with: { 'node-version': '24' } },
        {
          uses: 'aws-actions/configure-aws-credentials@v5',
          // biome-ignore lint/suspicious/noTemplateCurlyInString: the workflow's own syntax
          with: { 'role-to-assume': '${{ vars.AWS_ROLE_ARN }}', 'aws-region': settings.region },
        },
        { name: 'Install ecs-ambient', run: installation(version).join('\n') },
        {
          name: 'Install eksctl',
          run: [
            'curl -fsSLO https://github.com/eksctl-io/eksctl/releases/latest/download/eksctl_Linux_amd64.tar.gz',
            'sudo tar -xzf eksctl_Linux_amd64.tar.gz -C /usr/local/bin eksctl',
          ].join('\n'),
        },
        {
          name: "Unpack Solo's istioctl",
          env: { ISTIOCTL_ARCHIVE_URL: secret('ISTIOCTL_ARCHIVE_URL') },
          run: ['curl -fsSLO "$ISTIOCTL_ARCHIVE_URL"', 'ecs-ambient istio unpack istioctl-*.tar.gz'].join('\n'),
        },
        { name: 'Build', run: ['ecs-ambient up --yes', ...range].join(' ') },
        ...(range.includes('--until')
          ? []
          : [
              {
                name: 'Check',
                run: 'ecs-ambient test run --all --junit ecs-ambient.xml --markdown "$GITHUB_STEP_SUMMARY"',
              },
            ]),
        {
          name: 'Collect what support needs',
          if: 'failure()',
          run: 'ecs-ambient support-bundle ecs-ambient-support.tar.gz',
        },
        {
          if: 'always()',
          uses: 'actions/upload-artifact@v4',
          with: {
            name: 'ecs-ambient',
            path: ['ecs-ambient.xml', 'ecs-ambient-support.tar.gz'].join('\n'),
            'if-no-files-found': 'ignore',
          },
        },
      ],
    },
  },
})

/** What the workflow takes for granted, for whoever has written it. */
export const takenForGranted = (version: string): string =>
  `The workflow installs ecs-ambient ${version} from the npm registry; its step "Install ecs-ambient" says what to write there for a checkout.`

const installation = (version: string): readonly string[] => [
  '# As it is published on the npm registry. Where it is not, check this project out into ./ecs-ambient before, and write:',
  '#   (cd ecs-ambient && npm ci) && npm install --global ./ecs-ambient',
  `npm install --global ecs-ambient@${version}`,
]

const secret = (name: string): string => `\${{ secrets.${name} }}`

/**
 * Writes the files into a directory, each of them whole or not at all.
 *
 * @throws Failure `EXPORT_IN_THE_WAY`, `EXPORT_UNWRITABLE` (exit 2); nothing has been written then that was not there
 */
export async function writeExport(directory: string, files: readonly ExportFile[]): Promise<readonly string[]> {
  const targets = files.map(({ path, content }) => ({ path: join(directory, path), content }))
  const inTheWay = await Promise.all(targets.map(async ({ path }) => ((await mayWrite(path)) ? [] : [path])))
  if (inTheWay.flat().length > 0) throw somebodyElses(inTheWay.flat())
  try {
    for (const { path, content } of targets) await writeWhole(path, content)
  } catch (cause) {
    throw unwritable(directory, cause)
  }
  return targets.map(({ path }) => path)
}

/** Nothing is there, or what we wrote ourselves. */
async function mayWrite(path: string): Promise<boolean> {
  if (
    await stat(path).then(
      () => false,
      () => true,
    )
  )
    return true
  return (await readFile(path, 'utf8').catch(() => '')).startsWith(MARK)
}

const somebodyElses = (paths: readonly string[]): Failure =>
  new Failure({
    code: 'EXPORT_IN_THE_WAY',
    exit: Exit.usage,
    message: `There is a file already that ecs-ambient did not write: ${paths.join(', ')}.`,
    suggestions: ['Move it away, or export into another directory.'],
  })

const unwritable = (directory: string, cause: unknown): Failure =>
  new Failure({
    code: 'EXPORT_UNWRITABLE',
    exit: Exit.usage,
    message: `Nothing can be written into ${directory}.`,
    why: [cause instanceof Error ? cause.message : String(cause)],
    suggestions: ['Name another directory.'],
    cause,
  })
