import { answersCheck, programmedCheck } from '../../../../src/lib/doctor/checks/gateway.ts'
import { judged } from './support.ts'

const door = (shut: string | undefined, balancer?: object, addresses = ['10.0.0.7']) => ({
  host: 'gateway.example',
  addresses,
  shut,
  balancer: balancer && { internal: true, ports: [15008, 15012], inService: 2, all: 2, ...balancer },
})

describe('doctor: gateway', () => {
  judged([
    [
      programmedCheck,
      [
        [undefined, 'failed', /no Gateway/, /istio expose/],
        [
          { status: { conditions: [{ type: 'Programmed', status: 'False', message: 'address pending' }] } },
          'failed',
          /pending/,
        ],
        [{}, 'failed', /not taken it up/],
        [
          { status: { addresses: [{ value: 'lb' }], conditions: [{ type: 'Programmed', status: 'True' }] } },
          'ok',
          /lb/,
        ],
      ],
    ],
    [
      answersCheck,
      [
        [door('ECONNREFUSED', {}), 'failed', /ECONNREFUSED/, /kubectl/],
        [door('no answer', { ports: [15008] }), 'failed', /no listener on 15012/, /istio expose/],
        [door('no answer', { inService: 0 }), 'failed', /none of the 2 instances/],
        [door('no answer', { internal: false }, ['198.51.100.7']), 'failed', /no answer/],
        [door('no answer'), 'warning', /private and not reached/],
        [door('no answer', {}), 'ok', /2 of 2 instances serve/],
        [door(undefined), 'ok', /takes connections/],
      ],
    ],
  ])
})
