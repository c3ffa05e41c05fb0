import assert from 'node:assert/strict';
import type { LoggedRequest } from '../process.ts';

/** Blobs must have come by mounts (distribution-spec, "Mounting a blob from another repository"), none by upload. */
export function assertMounted(requests: readonly LoggedRequest[]): void {
  const uploads = requests.filter(({ path }) => path.includes('/blobs/uploads/'));
  const answers = new Set(uploads.map(({ method, status }) => `${method} ${status}`));
  assert.deepEqual([...answers], ['POST 201']);
}
