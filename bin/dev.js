#!/usr/bin/env node
// The name that oclif's own tools look for. A checkout needs no second way to start: run.js takes the sources there.
import './run.js'
