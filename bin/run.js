#!/usr/bin/env node
import { runtime } from './runtime.js'

if (runtime()) {
  const { start } = await import('./start.js')
  await start()
}
