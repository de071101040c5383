import { Args } from '@oclif/core'
import { BaseCommand } from '../../cli/base-command.ts'
import type { Session } from '../../cli/session.ts'

export default class IstioUnpack extends BaseCommand<typeof IstioUnpack> {
  static override description = "check and unpack Solo's istioctl archive, and delete it afterwards"
  static override args = {
    archive: Args.string({ description: 'istioctl-VERSION-solo-OS-ARCH.tar.gz', required: true }),
  }

  protected override async perform({ settings }: Session): Promise<object> {
    const { unpackArchive } = await import('../../lib/tools/archive.ts')
    const unpacked = await unpackArchive(this.args.archive, settings)
    this.say([`istioctl ${unpacked.version} is at ${unpacked.path}`])
    return unpacked
  }
}
