import type { BundleStore } from '../../../bundle/file/bundle-store.ts';

/** Which volumes of a bundle are here, by their numbers. */
export interface VolumesHere {
  readonly set: string;
  readonly total: number;
  readonly here: readonly number[];
}

/** For reports: nothing for a bundle that is one file. */
export function volumesOf({ front, volumes }: BundleStore): { volumes?: VolumesHere } {
  if (front.mark === undefined) return {};
  const here = volumes.flatMap(({ file, number }) => (file === undefined ? [] : [number]));
  return { volumes: { set: front.mark.set, total: volumes.length, here } };
}
