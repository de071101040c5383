#!/usr/bin/env node
import { runtime } from './runtime.js'

if (runtime()) {
  const { start } = await import('./start.js')
  // Not awaited: when whoever reads its output has gone, oclif waits for it in vain, and Node would call that a crash.
  start()
}
