import { OCI_LAYOUT_FILE } from '../../content/layout/layout-index.ts';
import { bundleError } from '../errors.ts';
import {
  type Arrangement,
  arrange,
  checkEntries,
  formatTable,
  type Place,
  TABLE_FILE,
  type TableEntry,
  TarOffsets,
} from '../file/table.ts';
import { BLOCK_BYTES, END_BYTES, paddedSize } from '../file/tar-header.ts';
import { PIECES_BYTES, piecesSize } from './piece-digests.ts';
import {
  formatMark,
  MAX_VOLUMES,
  setOf,
  VOLUME_FILE,
  VOLUME_FILE_BYTES,
  type VolumeCut,
} from './volume-mark.ts';

/** A blob, or a piece of it, before it has its place. */
type Part = Pick<Place, 'digest' | 'size' | 'piece'>;

/**
 * A bundle cut into volumes, each smaller than `volumeSize`: what goes where follows from what is in it. A blob is
 * whole in one volume unless it is larger than what fits into one. Throws DIGEST_UNSUPPORTED, VOLUME_TOO_SMALL.
 */
export function arrangeVolumes(
  indexJson: string,
  entries: readonly TableEntry[],
  cut: VolumeCut,
): Arrangement[] {
  checkEntries(entries);
  const table = formatTable(entries);
  const common = entries.slice(0, cut.everywhere);
  const overhead =
    [OCI_LAYOUT_FILE, indexJson, table].reduce((sum, text) => sum + tarred(Buffer.byteLength(text)), 0) +
    tarred(VOLUME_FILE_BYTES) +
    common.reduce((sum, { size }) => sum + tarred(size), 0) +
    tarred(PIECES_BYTES) +
    END_BYTES;
  const room = floored(cut.volumeSize - 1) - overhead;
  // Less would carry the same again and again.
  if (room < overhead) throw tooSmall(cut, `give ${2 * overhead + 2 * BLOCK_BYTES} bytes or more`);
  const bytes = entries.slice(cut.everywhere).reduce((sum, { size }) => sum + size, 0);
  if (bytes / room > MAX_VOLUMES) throw tooSmall(cut, `there would be more than ${MAX_VOLUMES}`);
  const filled = fill(entries.slice(cut.everywhere), room);
  const total = Math.max(1, filled.length);
  if (total > MAX_VOLUMES) throw tooSmall(cut, `there would be ${total}, more than ${MAX_VOLUMES}`);
  const set = setOf(indexJson, table, cut);
  return Array.from({ length: total }, (_, at) => {
    const mark = formatMark({ ...cut, set, number: at + 1, total });
    return layOut({ indexJson, mark, table }, [...common, ...(filled[at] ?? [])]);
  });
}

/** The files of a bundle: one, or its volumes where it is to be cut and is larger than one. Throws as arrangeVolumes. */
export function arrangeFiles(
  indexJson: string,
  entries: readonly TableEntry[],
  cut: VolumeCut | undefined,
): Arrangement[] {
  const whole = arrange(indexJson, entries);
  if (cut === undefined || whole.size < cut.volumeSize) return [whole];
  return arrangeVolumes(indexJson, entries, cut);
}

// Each blob goes into the first volume that has room for it: those that come later, smaller ones, fill what is left.
function fill(entries: readonly TableEntry[], room: number): Part[][] {
  const volumes: { parts: Part[]; free: number }[] = [];
  const open = () => {
    const volume = { parts: [], free: room };
    volumes.push(volume);
    return volume;
  };
  for (const { digest, size } of entries) {
    const whole = tarred(size);
    if (whole <= room) {
      const volume = volumes.find(({ free }) => free >= whole) ?? open();
      volume.parts.push({ digest, size });
      volume.free -= whole;
      continue;
    }
    let volume = volumes.at(-1) ?? open();
    for (let offset = 0; offset < size; ) {
      // A piece of a few blocks is not worth a volume more that has to be there for the blob.
      if (volume.free < (offset === 0 ? room / 4 : 2 * BLOCK_BYTES)) volume = open();
      const taken = Math.min(size - offset, floored(volume.free - BLOCK_BYTES));
      volume.parts.push({ digest, size: taken, piece: { offset, of: size } });
      volume.free -= tarred(taken);
      offset += taken;
    }
  }
  return volumes.map(({ parts }) => parts);
}

function layOut(
  { indexJson, mark, table }: { indexJson: string; mark: string; table: string },
  parts: readonly Part[],
): Arrangement {
  const tar = new TarOffsets();
  const files = [
    { name: 'oci-layout', text: OCI_LAYOUT_FILE },
    { name: 'index.json', text: indexJson },
    { name: VOLUME_FILE, text: mark },
    { name: TABLE_FILE, text: table },
  ];
  const front = files.map((file) => ({ ...file, ...tar.next(Buffer.byteLength(file.text)) }));
  const places = parts.map((part) => ({ ...part, ...tar.next(part.size) }));
  const size = piecesSize(places);
  const tail = size === 0 ? undefined : { ...tar.next(size), size };
  return { front, places, tail, size: tar.end() };
}

function tarred(size: number): number {
  return BLOCK_BYTES + paddedSize(size);
}

function floored(bytes: number): number {
  return Math.floor(bytes / BLOCK_BYTES) * BLOCK_BYTES;
}

function tooSmall({ volumeSize }: VolumeCut, detail: string) {
  return bundleError('VOLUME_TOO_SMALL', { subject: `${volumeSize} bytes`, detail });
}
