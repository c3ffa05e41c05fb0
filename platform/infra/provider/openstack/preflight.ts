import { isSkerryError } from '../../../../content/error.ts';
import type { MachineShape } from '../../api/skerry-machine.ts';
import { infraError } from '../../errors.ts';
import type { Finding } from '../provider.ts';
import { chooseFlavor, type Flavor, listFlavors } from './flavors.ts';
import { findImage } from './images.ts';
import { findPlace } from './networks.ts';
import { readPlacement } from './placement.ts';
import { roomLeft } from './quota.ts';
import type { Services } from './services.ts';
import { checkZone } from './zones.ts';

/** Of these the account lacks something; anything else says that nothing is known. */
const FINDINGS = new Set([
  'PLACEMENT_INVALID',
  'TEMPLATE_UNKNOWN',
  'FLAVOR_UNKNOWN',
  'NETWORK_UNKNOWN',
  'CLOUD_PERMISSION_MISSING',
]);

/** What is missing for so many machines of these shapes. */
export async function preflight(
  services: Services,
  shapes: readonly { shape: MachineShape; count: number }[],
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  const look = async (work: () => Promise<void>) => {
    await work().catch((error: unknown) => {
      findings.push(findingOf(error));
    });
  };
  const needs: { flavor: Flavor; count: number }[] = [];
  const flavors = await listFlavors(services, signal);
  for (const { shape, count } of shapes) {
    await look(async () => {
      const placement = readPlacement(shape.placement);
      const flavor = chooseFlavor(flavors, shape, placement.bootVolume !== undefined);
      needs.push({ flavor, count });
      if (flavor.disk === 0 && placement.bootVolume === undefined)
        throw infraError('PLACEMENT_INVALID', {
          subject: `flavor ${flavor.name}`,
          detail: 'it has no disk, so the placement must have a bootVolume',
        });
      await look(async () => await checkTemplate(services, shape, flavor, signal));
      await look(async () => void (await findPlace(services, placement, signal)));
      await look(async () => await checkZone(services, placement, signal));
    });
  }
  await look(async () => {
    for (const { name, left } of await roomLeft(services, signal)) {
      const needed = needs.reduce((sum, { flavor, count }) => sum + count * (amountOf(flavor)[name] ?? 1), 0);
      if (needed > left)
        findings.push({
          code: 'QUOTA_EXCEEDED',
          severity: 'error',
          subject: name,
          detail: `${needed} are needed, ${Math.max(0, left)} are left`,
        });
    }
  });
  return unique(findings);
}

function findingOf(error: unknown): Finding {
  if (!isSkerryError(error) || !FINDINGS.has(error.code)) throw error;
  const { code, subject, detail } = error;
  return { code, severity: 'error', subject, detail };
}

async function checkTemplate(
  services: Services,
  { template }: MachineShape,
  flavor: Flavor,
  signal: AbortSignal,
): Promise<void> {
  if (template === undefined)
    throw infraError('TEMPLATE_UNKNOWN', { subject: 'template', detail: 'none is named' });
  const { min_ram, min_disk } = await findImage(services, template, signal);
  if (min_ram > flavor.ram || (flavor.disk > 0 && min_disk > flavor.disk))
    throw infraError('FLAVOR_UNKNOWN', {
      subject: `flavor ${flavor.name}`,
      detail: `template ${template} needs ${min_ram} MiB and ${min_disk} GiB`,
    });
}

function amountOf({ vcpus, ram }: Flavor): Readonly<Record<string, number>> {
  return { cores: vcpus, 'memory (MiB)': ram };
}

function unique(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}
