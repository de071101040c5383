import { eksctlCheck, nodeCheck, pluginCheck } from '../../../../src/lib/doctor/checks/machine.ts'
import { Failure } from '../../../../src/lib/engine/failure.ts'
import { judged } from './support.ts'

const notFound = new Failure({ code: 'TOOL_NOT_FOUND', message: 'it was not found.', suggestions: ['Install it'] })

describe('doctor: machine', () => {
  judged([
    [
      nodeCheck,
      [
        ['20.20.2', 'failed', /older than 22.15/, /nodejs.org/],
        ['22.14.0', 'failed', /older/],
        ['22.15.0', 'ok', /22.15/],
        ['24.21.0', 'ok', /24/],
      ],
    ],
    [
      eksctlCheck,
      [
        [notFound, 'failed', /not found/, /Install/],
        ['0.150.0', 'failed', /pod identity/],
        ['0.215.0-dev+abc', 'ok', /0.215/],
      ],
    ],
    [
      pluginCheck,
      [
        [notFound, 'failed', /not found/],
        ['/usr/bin/session-manager-plugin', 'ok', /usr/],
        [undefined, 'not-applicable', /needs no plugin/],
      ],
    ],
  ])
})
