import { InvalidArgumentError } from 'commander';

const UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** Bytes per second of a text such as `50MB/s`. */
export function parseRate(text: string): number {
  const [, number, unit = ''] = /^(\d+(?:\.\d+)?) ?([kMG]?B|[KMG]iB)\/s$/.exec(text) ?? [];
  const rate = Number(number) * (UNITS[unit] ?? Number.NaN);
  if (!(rate >= 1)) throw new InvalidArgumentError('a rate such as 50MB/s');
  return rate;
}
