import { formatBytes } from '../../terminal/units.ts';
import type { UpgradeCheck } from './finding.ts';

/** Uploads are written whole beside what is there; a store that is full to the last byte serves no more. */
const SPARE = 1.1;

export const registryRoom: UpgradeCheck = {
  id: 'registry-room',
  title: 'The registry has room for the release',
  ofRelease: false,
  run: ({ forecast: { registry } }) => {
    const { needBytes, freeBytes } = registry;
    const subject = 'the registry’s volume';
    if (freeBytes === undefined)
      return [
        {
          severity: 'notes',
          subject,
          message: `how much is free is not known; ${formatBytes(needBytes)} are needed`,
          remedy: '',
        },
      ];
    if (freeBytes >= needBytes * SPARE) return [];
    return [
      {
        severity: 'blocks',
        subject,
        message: `${formatBytes(freeBytes)} are free, ${formatBytes(needBytes * SPARE)} are needed`,
        remedy: 'Enlarge the volume, or have the registry free what nothing needs (skerry registry gc).',
      },
    ];
  },
};
