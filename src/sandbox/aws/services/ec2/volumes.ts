import type * as sdk from '@aws-sdk/client-ec2'
import { resourceId } from '../../ids.ts'
import { upperTags } from '../../tags.ts'
import { AwsError } from '../../wire/error.ts'
import type { Handlers } from '../../wire/service.ts'
import { describe, existing, type Kind } from './describe.ts'
import { keep, type Volume } from './state.ts'
import { specifiedTags } from './tags.ts'

const VOLUME: Kind<Volume> = {
  notFound: 'InvalidVolume.NotFound',
  noun: 'volume',
  filters: {
    'volume-id': volume => volume.id,
    'volume-type': volume => volume.type,
    'availability-zone': volume => volume.zone,
    size: volume => volume.size,
    status: volume => volume.state,
  },
}

const shown = (volume: Volume): sdk.Volume => ({
  VolumeId: volume.id,
  Size: volume.size,
  VolumeType: volume.type as sdk.VolumeType,
  AvailabilityZone: volume.zone,
  State: volume.state,
  CreateTime: volume.created,
  Encrypted: false,
  Attachments: [],
  Tags: upperTags.write(volume.tags),
})

/** Volumes as the EBS CSI driver makes them for claims; nothing in the sandbox attaches them. */
export const volumeOperations = {
  CreateVolume({ AvailabilityZone = '', Size, VolumeType = 'gp2', TagSpecifications }, { region: { ec2, clock } }) {
    if (Size === undefined) throw new AwsError('MissingParameter', 'The request must contain the parameter size')
    const tags = specifiedTags(TagSpecifications, 'volume')
    const created = new Date(clock.now())
    const volume = { id: resourceId('vol'), zone: AvailabilityZone, size: Size, type: VolumeType, created, tags }
    return shown(keep(ec2.volumes, { ...volume, state: 'available' }))
  },

  DeleteVolume({ VolumeId }, { region: { ec2 } }) {
    ec2.volumes.delete(existing(ec2.volumes, VolumeId, VOLUME).id)
    return {}
  },

  DescribeVolumes({ VolumeIds, ...input }, { region: { ec2 } }) {
    const { items, rest } = describe(ec2.volumes, VolumeIds, input, VOLUME)
    return { Volumes: items.map(shown), ...rest }
  },
} satisfies Handlers<typeof sdk>
