import Mocha from 'mocha'

/** mocha's own report, closed by one line that counts: `N passed, N failed`. */
export default class extends Mocha.reporters.Spec {
  done(failures, finish) {
    const { passes, failures: failed, pending } = this.stats
    finish?.(failures)
    const skipped = pending ? `, ${pending} skipped` : ''
    process.on('exit', () => process.stdout.write(`${passes} passed, ${failed} failed${skipped}\n`))
  }
}
