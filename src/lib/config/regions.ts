import { partition } from '@aws-sdk/core/client'
import { closest } from './closest.ts'

/** What is wrong with a region's name, or undefined: the SDK's own partition data knows every region. */
export function regionProblem(region: string): string | undefined {
  if (isRegion(region)) return undefined
  const meant = closest(region, candidates())
  return `there is no AWS region of that name${meant === undefined ? '' : `; did you mean ${meant}?`}`
}

const isRegion = (region: string): boolean => 'description' in partition(region)

/** The SDK can be asked for one region at a time but has no list: names are made by their pattern, and asked for. */
function candidates(): string[] {
  const areas = ['us', 'eu', 'ap', 'ca', 'sa', 'me', 'af', 'il', 'mx', 'cn', 'us-gov']
  const places = 'north south east west central northeast northwest southeast southwest'.split(' ')
  const numbers = [1, 2, 3, 4, 5, 6, 7]
  const names = areas.flatMap(area => places.flatMap(place => numbers.map(number => `${area}-${place}-${number}`)))
  return names.filter(isRegion)
}
