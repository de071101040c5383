import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import { dryRunFlag } from '../../cli/flags.ts'
import type { Session } from '../../cli/session.ts'

export default class IstioUnpack extends BaseCommand<typeof IstioUnpack> {
  static override description = "check and unpack Solo's istioctl archive, and delete it afterwards"
  static override args = {
    archive: Args.string({ description: 'istioctl-VERSION-solo-OS-ARCH.tar.gz', required: true }),
  }
  static override flags = { ...dryRunFlag }

  protected override async perform({ settings }: Session): Promise<object> {
    const { checkArchive, unpackArchive } = await import('../../lib/tools/archive.ts')
    if (this.flags['dry-run']) {
      const found = await checkArchive(this.args.archive, settings)
      this.say([`+ istioctl ${found.version} at ${found.path}`, `- ${this.args.archive} (once it is unpacked)`])
      return { dryRun: true, ...found }
    }
    const unpacked = await unpackArchive(this.args.archive, settings)
    this.say([`istioctl ${unpacked.version} is at ${unpacked.path}`])
    return unpacked
  }
}
