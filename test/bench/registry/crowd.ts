import type { Contestant } from './contestant.ts';
import { Wire } from './wire.ts';

/** Opens so many connections, lets `use` work with them, and closes them. */
export async function withWires<T>(
  { registry, signal }: Contestant,
  count: number,
  use: (wires: readonly Wire[]) => Promise<T>,
): Promise<T> {
  const wires: Wire[] = [];
  try {
    for (let opened = 0; opened < count; opened++) wires.push(await Wire.open(registry.address, signal));
    return await use(wires);
  } finally {
    for (const wire of wires) wire.close();
  }
}

/** Hands out `total` jobs: each connection takes the next one when its last is done. */
export async function spread(
  wires: readonly Wire[],
  total: number,
  job: (wire: Wire, index: number) => Promise<unknown>,
): Promise<void> {
  let next = 0;
  await Promise.all(
    wires.map(async (wire) => {
      while (next < total) await job(wire, next++);
    }),
  );
}
