import { isSkerryError } from '../../content/error.ts';
import { bundleError } from '../errors.ts';
import type { RandomAccessFile } from '../file/file.ts';
import { type Arrangement, type Place, parseTable } from '../file/table.ts';
import { arrangeVolumes } from './arrange-volumes.ts';
import { setOf, type VolumeMark } from './volume-mark.ts';

/** One file of a bundle that is read: the only one, or a volume that may not be here. */
export interface Volume {
  /** From 1 on. */
  readonly number: number;
  readonly file: RandomAccessFile | undefined;
  /** What lies where in it. */
  readonly places: readonly Place[];
}

/** What lies where in each volume of a set, as the front of one of them says. Throws BUNDLE_CORRUPT. */
export function arrangementsOf(
  front: { readonly index: string; readonly table: string; readonly mark: VolumeMark },
  subject: string,
): Arrangement[] {
  const { index, table, mark } = front;
  const entries = parseTable(table);
  const arrangements = entries && tryArrange(index, entries, mark);
  if (arrangements?.length === mark.total && setOf(index, table, mark) === mark.set) return arrangements;
  throw bundleError('BUNDLE_CORRUPT', { subject, detail: 'its front does not fit its volume.json' });
}

function tryArrange(...given: Parameters<typeof arrangeVolumes>): Arrangement[] | undefined {
  try {
    return arrangeVolumes(...given);
  } catch (error) {
    if (isSkerryError(error)) return undefined;
    throw error;
  }
}

/** `2, 5 and 6`, of numbers in their order. */
export function inWords(numbers: readonly number[]): string {
  const last = numbers.at(-1);
  return numbers.length < 2 ? String(last ?? '') : `${numbers.slice(0, -1).join(', ')} and ${last}`;
}
