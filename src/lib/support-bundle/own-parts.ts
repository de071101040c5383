import { arch, platform, release } from 'node:os'
import type { Settings } from '../config/settings.ts'
import { json, type Part } from './part.ts'

/** What is asked for, without the licence. */
const withoutSecrets = ({ license, ...settings }: Settings) => ({
  ...settings,
  license: license === undefined ? 'not given' : 'given',
})

/** The program itself and what it runs on. */
export const ownParts = (version: string): readonly Part[] => [
  {
    name: 'configuration',
    collect: async ({ settings }) => [json('configuration.json', withoutSecrets(settings))],
  },
  {
    name: 'versions',
    collect: async () => [
      json('versions.json', {
        'ecs-ambient': version,
        node: process.version,
        platform: `${platform()} ${release()} ${arch()}`,
      }),
    ],
  },
  {
    name: 'istioctl',
    collect: async ({ clients }) => [json('istioctl.json', { version: await clients.tools.istioctlVersion() })],
  },
]
