import { BlockList, isIP } from 'node:net';
import type { SkerryAddressPoolSpec } from '../api/skerry-address-pool.ts';

/** No pool is larger than this: an IPv6 prefix has more addresses than can be looked through. */
const MAX_ADDRESSES = 65_536;

/** The addresses of a pool in their order, without those that are reserved, its gateway and its name servers. */
export function* addressesOf({
  ranges,
  reserved = [],
  gateway,
  dns = [],
}: SkerryAddressPoolSpec): Generator<string> {
  const left = new BlockList();
  for (const one of [...reserved, ...dns, ...(gateway === undefined ? [] : [gateway])]) {
    const range = readRange(one);
    if (range !== undefined)
      left.addRange(format(range.first, range.v6), format(range.last, range.v6), family(range.v6));
  }
  let count = 0;
  for (const text of ranges) {
    const range = readRange(text);
    if (range === undefined) continue;
    for (let at = range.first; at <= range.last && count < MAX_ADDRESSES; at++, count++) {
      const address = format(at, range.v6);
      if (!left.check(address, family(range.v6))) yield address;
    }
  }
}

interface Range {
  readonly first: bigint;
  readonly last: bigint;
  readonly v6: boolean;
}

/** `10.0.0.10-10.0.0.90`, `10.0.0.0/24` without its first and last address, or one address. */
function readRange(text: string): Range | undefined {
  const [first = '', last] = text.split('-').map((part) => part.trim());
  if (last !== undefined) return between(first, last);
  const [base = '', bits] = first.split('/');
  if (bits === undefined) return between(base, base);
  const v6 = isIP(base) === 6;
  const host = BigInt((v6 ? 128 : 32) - Number(bits));
  if (isIP(base) === 0 || !/^\d{1,3}$/.test(bits) || host < 0n) return undefined;
  const start = (read(base) >> host) << host;
  const end = start + (1n << host) - 1n;
  return host < 2n ? { first: start, last: end, v6 } : { first: start + 1n, last: end - 1n, v6 };
}

function between(first: string, last: string): Range | undefined {
  const kind = isIP(first);
  return kind === 0 || kind !== isIP(last)
    ? undefined
    : { first: read(first), last: read(last), v6: kind === 6 };
}

function family(v6: boolean): 'ipv6' | 'ipv4' {
  return v6 ? 'ipv6' : 'ipv4';
}

function read(address: string): bigint {
  if (isIP(address) === 4) return address.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n);
  const [head = '', tail] = address.split('::');
  const of = (text: string) => (text === '' ? [] : text.split(':'));
  const [before, after] = [of(head), tail === undefined ? [] : of(tail)];
  const middle =
    tail === undefined ? [] : Array.from({ length: 8 - before.length - after.length }, () => '0');
  return [...before, ...middle, ...after].reduce((sum, part) => sum * 65_536n + BigInt(`0x${part}`), 0n);
}

function format(value: bigint, v6: boolean): string {
  const [count, bits] = v6 ? [8, 16n] : [4, 8n];
  const parts = Array.from({ length: count }, (_, index) => {
    const part = (value >> (bits * BigInt(count - 1 - index))) & ((1n << bits) - 1n);
    return v6 ? part.toString(16) : part.toString();
  });
  return parts.join(v6 ? ':' : '.');
}
