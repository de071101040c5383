import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The standard channel of the Gateway API, as its release's standard-install.yaml has it. */
export async function gatewayApiBundle(sources: string): Promise<string> {
  const dir = join(sources, 'config/crd/standard')
  const files = (await readdir(dir)).filter(file => file.endsWith('.yaml')).sort()
  return (await Promise.all(files.map(file => readFile(join(dir, file), 'utf8')))).join('\n---\n')
}

export const istioCrds = (sources: string): Promise<string> =>
  readFile(join(sources, 'manifests/charts/base/files/crd-all.gen.yaml'), 'utf8')
