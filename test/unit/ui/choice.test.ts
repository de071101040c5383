import { expect } from 'chai'
import { type Choice, understood } from '../../../src/lib/ui/choice.ts'

const STEP: readonly Choice<string>[] = [
  { value: 'go', name: 'go on', also: ['yes'] },
  { value: 'details', name: 'show details' },
  { value: 'skip', name: 'skip this step' },
  { value: 'stop', name: 'stop here', also: ['no'] },
]
const AGREE: readonly Choice<boolean>[] = [
  { value: false, name: 'no' },
  { value: true, name: 'yes' },
]
const CLUSTERS: readonly Choice<string>[] = [
  { value: 'mine', name: 'mine (new)' },
  { value: 'mine-2', name: 'mine-2 (exists)' },
  { value: '1', name: '1 (exists)' },
]

describe('what somebody means by an answer', () => {
  const meant = <T>(text: string, choices: readonly Choice<T>[]) => {
    const found = understood(text, choices)
    return 'choice' in found ? found.choice.value : 'nothing'
  }
  const table: readonly [text: string, choices: readonly Choice<unknown>[], value: unknown][] = [
    ...(['y', 'Y', 'yes', ' Yes '].map(text => [text, AGREE, true]) as [string, typeof AGREE, boolean][]),
    ...(['n', 'no', 'NO'].map(text => [text, AGREE, false]) as [string, typeof AGREE, boolean][]),
    ['2', AGREE, true],
    ['yeah', AGREE, 'nothing'],
    ['0', AGREE, 'nothing'],
    ['3', AGREE, 'nothing'],
    ['', AGREE, 'nothing'],
    ['y', STEP, 'go'],
    ['go', STEP, 'go'],
    ['n', STEP, 'stop'],
    ['s', STEP, 'nothing'],
    ['st', STEP, 'stop'],
    ['sk', STEP, 'skip'],
    ['details', STEP, 'details'],
    ['d', STEP, 'details'],
    ['4', STEP, 'stop'],
    ['mine', CLUSTERS, 'mine'],
    ['mine-', CLUSTERS, 'mine-2'],
    ['1', CLUSTERS, '1'],
    ['new', CLUSTERS, 'mine'],
    ['exists', CLUSTERS, 'nothing'],
  ]
  for (const [text, choices, value] of table) {
    it(`"${text}" of ${choices.map(({ name }) => name).join(', ')}: ${value}`, () =>
      expect(meant(text, choices)).to.equal(value))
  }

  it('is asked for again with what can be said, and with what may have been meant', () => {
    expect(understood('maybe', AGREE)).to.deep.equal({
      problem: '"maybe" is none of them: a number from 1 to 2, or the first letters of one',
    })
    expect(understood('sho sk', STEP)).to.have.property('problem')
    expect(understood('s', STEP)).to.deep.equal({
      problem:
        '"s" may be "show details" or "skip this step" or "stop here": a number from 1 to 4, or the first letters of one',
    })
  })
})
