import { performance } from 'node:perf_hooks';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { formatBytes } from '../../../installer/terminal/units.ts';
import { bundleConsole } from '../../../platform/console/build.ts';
import { alignColumns } from '../report.ts';

/** What was asked for: scripts before anything is shown, gzipped. */
const ASKED_BYTES = 200_000;
/** Pieces that are larger are named. */
const NAMED_BYTES = 4_000;

interface Piece {
  readonly name: string;
  readonly bytes: number;
  readonly gzip: number;
  readonly brotli: number;
  readonly isFirst: boolean;
}

export interface ConsoleBenchResult {
  readonly pieces: readonly Piece[];
  readonly buildSeconds: number;
}

/** Builds the console and weighs what a browser loads. */
export async function measureConsole(): Promise<ConsoleBenchResult> {
  const began = performance.now();
  const { outputs, first } = await bundleConsole();
  const buildSeconds = (performance.now() - began) / 1000;
  const pieces = outputs
    .filter(({ path }) => !path.endsWith('.txt'))
    .map(({ path, text }) => ({
      name: path.replace(/-[A-Z0-9]{8}(?=\.)/, ''),
      bytes: Buffer.byteLength(text),
      gzip: gzipSync(text, { level: 9 }).length,
      brotli: brotliCompressSync(text).length,
      isFirst: first.includes(path),
    }));
  return { pieces, buildSeconds };
}

export function formatConsoleReport({ pieces, buildSeconds }: ConsoleBenchResult): string {
  const sum = (some: readonly Piece[]): readonly [number, number, number] => [
    some.reduce((total, { bytes }) => total + bytes, 0),
    some.reduce((total, { gzip }) => total + gzip, 0),
    some.reduce((total, { brotli }) => total + brotli, 0),
  ];
  const scripts = pieces.filter(({ name }) => name.endsWith('.js'));
  const first = sum(scripts.filter(({ isFirst }) => isFirst));
  const later = scripts.filter(({ isFirst }) => !isFirst).sort((a, b) => b.gzip - a.gzip);
  const row = (name: string, sizes: readonly number[]) => [name, ...sizes.map(formatBytes)];
  const rows = [
    ['the console', 'plain', 'gzip', 'brotli'],
    row('  scripts before anything is shown', first),
    row('  style', sum(pieces.filter(({ name }) => name.endsWith('.css')))),
    ...later
      .filter(({ gzip }) => gzip >= NAMED_BYTES)
      .map((piece) => row(`  later: ${piece.name}`, [piece.bytes, piece.gzip, piece.brotli])),
    row('  all that is later', sum(later)),
  ];
  const verdict = first[1] <= ASKED_BYTES ? 'holds' : 'FAILS';
  return [
    alignColumns(rows).join('\n'),
    `${verdict} scripts of at most ${formatBytes(ASKED_BYTES)} before anything is shown: ${formatBytes(first[1])}; built in ${buildSeconds.toFixed(1)} s`,
  ].join('\n\n');
}
