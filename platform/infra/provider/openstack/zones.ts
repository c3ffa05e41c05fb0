import { z } from 'zod';
import { infraError } from '../../errors.ts';
import type { OpenStackPlacement } from './placement.ts';
import type { Services } from './services.ts';

const Zones = z.object({
  availabilityZoneInfo: z.array(
    z.object({ zoneName: z.string(), zoneState: z.object({ available: z.boolean() }) }),
  ),
});

/** Throws PLACEMENT_INVALID for an availability zone that is not there. */
export async function checkZone(
  services: Services,
  { availabilityZone }: OpenStackPlacement,
  signal: AbortSignal,
): Promise<void> {
  if (availabilityZone === undefined) return;
  const request = { method: 'GET', path: '/os-availability-zone' } as const;
  const { availabilityZoneInfo } = await services.read('compute', Zones, request, signal);
  const zone = availabilityZoneInfo.find(({ zoneName }) => zoneName === availabilityZone);
  if (zone?.zoneState.available) return;
  throw infraError('PLACEMENT_INVALID', {
    subject: `availabilityZone ${availabilityZone}`,
    detail: `available are: ${availabilityZoneInfo.map(({ zoneName }) => zoneName).join(', ') || 'none'}`,
  });
}
