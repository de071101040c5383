import { appendFileSync } from 'node:fs'
import { registerHooks } from 'node:module'

// Writes the URL of every module that is loaded to the file that LOADED_MODULES names.
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED_MODULES, `${url}\n`)
    return next(url, context)
  },
})
