import { randomUUID } from 'node:crypto';
import type { FakeAnswer, FakeRequest } from './fake-http.ts';

export interface FakeImage {
  readonly id: string;
  readonly name: string;
  readonly owner: string;
  readonly status: string;
  readonly min_disk: number;
  readonly min_ram: number;
}

/** Glance, as far as looking images up goes. */
export class FakeGlance {
  readonly images: FakeImage[] = [];

  put(name: string, owner: string, more: Partial<FakeImage> = {}): FakeImage {
    const image = { id: randomUUID(), name, owner, status: 'active', min_disk: 0, min_ram: 0, ...more };
    this.images.push(image);
    return image;
  }

  answer({ path, query, origin }: FakeRequest): FakeAnswer {
    const version = { id: 'v2.15', status: 'CURRENT', links: [{ rel: 'self', href: `${origin}/image/v2/` }] };
    if (path === '/' || path === '/v2') return { status: 300, body: { versions: [version] } };
    const id = /^\/v2\/images\/([^/]+)$/.exec(path)?.[1];
    const image = this.images.find((one) => one.id === id);
    if (image !== undefined) return { status: 200, body: { ...image, visibility: 'private' } };
    if (path !== '/v2/images') return { status: 404, body: '404 Not Found' };
    const wanted = query.get('name');
    const names = wanted?.startsWith('in:') ? wanted.slice(3).split(',').map(unquoted) : [wanted];
    const found = this.images.filter(({ name }) => wanted === null || names.includes(name));
    const from = found.findIndex((one) => one.id === query.get('marker')) + 1;
    const limit = Number(query.get('limit') ?? 25);
    const page = found.slice(from, from + limit);
    const more = from + limit < found.length ? { next: `/v2/images?marker=${page.at(-1)?.id}` } : {};
    return { status: 200, body: { images: page, first: '/v2/images', ...more } };
  }
}

function unquoted(text: string): string {
  return text.replace(/^"(.*)"$/, '$1');
}
