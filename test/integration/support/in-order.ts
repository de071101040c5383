/** Called in a suite whose tests each stand on those before: once one has failed, the rest are skipped. */
export function inOrder(): void {
  let failed = false
  beforeEach(function () {
    if (failed) this.skip()
  })
  afterEach(function () {
    failed ||= this.currentTest?.state === 'failed'
  })
}
