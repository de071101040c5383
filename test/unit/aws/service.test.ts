import { expect } from 'chai'
import { allPages, ifFound, inChunks } from '../../../src/lib/aws/service.ts'
import { lowerTags, tagsOf, upperTags } from '../../../src/lib/aws/tags.ts'

describe('what all AWS services share', () => {
  it('reads every page', async () => {
    const pages: Record<string, { items?: number[]; next?: string }> = {
      first: { items: [1, 2], next: 'b' },
      b: { next: 'c' },
      c: { items: [3] },
    }
    const found = await allPages(
      async token => pages[token ?? 'first'],
      page => page?.items,
      page => page?.next,
    )
    expect(found).to.deep.equal([1, 2, 3])
  })

  it('takes some errors for an absence, and no others', async () => {
    const missing = Object.assign(new Error('no'), { name: 'NoSuchEntityException', Code: 'NoSuchEntity' })
    expect(await ifFound(Promise.reject(missing), 'NoSuchEntity')).to.equal(undefined)
    const error = await ifFound(Promise.reject(missing), 'ResourceNotFoundException').catch(other => other)
    expect(error).to.equal(missing)
  })

  it('asks in chunks, and not at all for nothing', async () => {
    const asked: number[][] = []
    const ask = async (names: number[]) => {
      asked.push(names)
      return names.map(String)
    }
    expect(await inChunks([1, 2, 3, 4, 5], 2, ask)).to.deep.equal(['1', '2', '3', '4', '5'])
    expect(asked).to.deep.equal([[1, 2], [3, 4], [5]])
    expect(await inChunks([], 2, ask)).to.deep.equal([])
    expect(asked).to.have.length(3)
  })

  it('reads and writes both spellings of tags', () => {
    const tags = { a: '1', b: '' }
    expect(tagsOf(upperTags(tags))).to.deep.equal(tags)
    expect(tagsOf(lowerTags(tags))).to.deep.equal(tags)
    expect(tagsOf([{ Key: 'b' }, { key: 'c' }])).to.deep.equal({ b: '', c: '' })
    expect(tagsOf(undefined)).to.deep.equal({})
  })
})
