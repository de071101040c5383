import { readdirSync, readFileSync } from 'node:fs'

/** Beside `src` and `dist` alike. */
const ASSETS = new URL('../../assets/', import.meta.url)

/** The text of a file under assets/, such as `manifests/eastwest.yaml`. */
export const assetText = (path: string): string => readFileSync(new URL(path, ASSETS), 'utf8')

/** The names of the files in a folder of assets/, such as `task-definitions`. */
export const assetNames = (folder: string): readonly string[] => readdirSync(new URL(`${folder}/`, ASSETS)).sort()

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json }

/** A JSON file under assets/ with every `${name}` in its texts replaced by the value of that name. */
export function jsonAsset(path: string, values: Readonly<Record<string, string>>): Json {
  const fill = (text: string): string =>
    text.replace(/\$\{([^}]+)\}/g, (_, name: string) => {
      const value = values[name]
      if (value === undefined) throw new Error(`${path}: there is no value for \${${name}}`)
      return value
    })
  return JSON.parse(assetText(path), (_, value: unknown) => (typeof value === 'string' ? fill(value) : value)) as Json
}
