import { z } from 'zod';
import { isSkerryError } from '../../../../content/error.ts';
import type { Services } from './services.ts';

export interface Room {
  /** As people ask for more of it: `instances`, `cores`. */
  readonly name: string;
  /** What is left; there may be no limit. */
  readonly left: number;
}

const Limits = z.object({
  limits: z.object({
    absolute: z.object({
      maxTotalInstances: z.number(),
      totalInstancesUsed: z.number(),
      maxTotalCores: z.number(),
      totalCoresUsed: z.number(),
      maxTotalRAMSize: z.number(),
      totalRAMUsed: z.number(),
    }),
  }),
});
const Count = z.object({ limit: z.number(), used: z.number(), reserved: z.number().default(0) });
const Quota = z.object({ quota: z.object({ port: Count }) });

/** What the project's quotas leave. Neutron tells it administrators only in some clouds: then ports are left out. */
export async function roomLeft(services: Services, signal: AbortSignal): Promise<Room[]> {
  const { limits } = await services.read('compute', Limits, { method: 'GET', path: '/limits' }, signal);
  const all = limits.absolute;
  return [
    { name: 'instances', left: left(all.maxTotalInstances, all.totalInstancesUsed) },
    { name: 'cores', left: left(all.maxTotalCores, all.totalCoresUsed) },
    { name: 'memory (MiB)', left: left(all.maxTotalRAMSize, all.totalRAMUsed) },
    ...(await portsLeft(services, signal)),
  ];
}

async function portsLeft(services: Services, signal: AbortSignal): Promise<Room[]> {
  const { project } = await services.token(signal);
  try {
    const path = `/quotas/${project.id}/details.json`;
    const { quota } = await services.read('network', Quota, { method: 'GET', path }, signal);
    return [{ name: 'ports', left: left(quota.port.limit, quota.port.used + quota.port.reserved) }];
  } catch (error) {
    const isUnknown = ['CLOUD_PERMISSION_MISSING', 'CLOUD_REQUEST_FAILED', 'CLOUD_ANSWER_INVALID'].some(
      (code) => isSkerryError(error, code),
    );
    if (isUnknown) return [];
    throw error;
  }
}

// -1: no limit.
function left(limit: number, used: number): number {
  return limit < 0 ? Number.POSITIVE_INFINITY : limit - used;
}
