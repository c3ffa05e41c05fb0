import { z } from 'zod';
import { contentError } from '../errors.ts';
import { tryJson } from '../json.ts';
import { STORAGE_PATH, StorageReport } from '../storage-report.ts';
import type { CallOptions } from '../store.ts';
import type { RegistryClient, RegistryRequest } from './client.ts';

const MAX_BYTES = 4 * 1024 * 1024;
/** What registries answer that are not Skerry's. */
const OTHERS = [400, 404, 405, 501];

/** How full a registry is; undefined where it is not Skerry's, or keeps nothing itself. Throws REGISTRY_*. */
export async function readStorage(
  client: RegistryClient,
  { signal }: CallOptions,
): Promise<StorageReport | undefined> {
  const request: RegistryRequest = {
    ...{ method: 'GET', url: STORAGE_PATH, signal },
    // The right to see all of the catalog is what it takes.
    scopes: ['registry:catalog:*'],
  };
  const { response, bytes } = await client.read(request, MAX_BYTES);
  if (OTHERS.includes(response.statusCode)) {
    await response.body.dump();
    return undefined;
  }
  if (response.statusCode !== 200) throw await client.failure(request, response);
  const json = tryJson(bytes.toString());
  // A page for people, of whatever answers where the API has nothing.
  if (json === undefined) return undefined;
  const report = StorageReport.safeParse(json);
  if (report.success) return report.data;
  throw contentError('REGISTRY_ERROR', { subject: STORAGE_PATH, detail: z.prettifyError(report.error) });
}
