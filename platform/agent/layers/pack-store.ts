import { z } from 'zod';
import { tryJson } from '../../../content/json.ts';
import { DEFAULT_RETRY } from '../../../content/remote/retry.ts';
import { openRemote } from '../../../content/remote/store.ts';
import type { Store } from '../../../content/store.ts';
import { NearerStore } from '../../../content/stores/nearer.ts';
import type { EnvelopeLayer, EnvelopeRegistry } from '../../desired/envelope.ts';
import { type Pack, readPack } from '../../desired/pack.ts';
import { platformError } from '../../errors.ts';

/** Reads what was sealed for this agent. */
export type Unseal = (jwe: string) => Promise<unknown>;

const ONCE = { ...DEFAULT_RETRY, tries: 1, maxAskedMs: 0 };
const NEAR_MS = 10_000;

const Login = z.object({ username: z.string(), password: z.string() });

/** A registry that is open, to be closed by who asked for it. */
export interface OpenRegistry {
  readonly store: Store;
  readonly address: string;
  close(): Promise<void>;
}

/** Opens the registry that a layer comes from. Throws LAYER_REGISTRY_UNKNOWN, SEALED_VALUE_UNREADABLE. */
export async function openRegistry(
  registries: readonly EnvelopeRegistry[],
  { name, pack }: Pick<EnvelopeLayer, 'name' | 'pack'>,
  unseal: Unseal,
): Promise<OpenRegistry> {
  const registry = registries.find((candidate) => candidate.name === pack.registry);
  if (registry === undefined)
    throw platformError('LAYER_REGISTRY_UNKNOWN', { subject: `layer ${name}`, detail: pack.registry });
  const login = registry.sealed === undefined ? undefined : await loginOf(registry.sealed, name, unseal);
  const { address, ca, cache } = registry;
  const credentials = async () => login;
  const registryStore = openRemote(address, { ca, credentials });
  if (cache === undefined)
    return { store: registryStore, address, close: async () => await registryStore.close() };
  // Not tried again: the registry itself is there.
  const near = openRemote(cache.address, { ca: cache.ca, credentials, retry: ONCE });
  const close = async () => {
    await near.close();
    await registryStore.close();
  };
  return { store: new NearerStore(near, registryStore, NEAR_MS), address, close };
}

/** The pack of a layer by its digest. Throws PACK_NOT_FOUND, PACK_UNREADABLE, DIGEST_MISMATCH. */
export async function readLayerPack(
  store: Store,
  { pack: { repository, digest } }: Pick<EnvelopeLayer, 'pack'>,
  signal: AbortSignal,
): Promise<Pack> {
  const subject = `${repository}@${digest}`;
  const manifest = await store.readManifest(repository, digest, { signal });
  if (manifest === undefined) throw platformError('PACK_NOT_FOUND', { subject, detail: store.name });
  return await readPack(store, repository, manifest, subject, signal);
}

async function loginOf(sealed: string, layer: string, unseal: Unseal) {
  const opened = await unseal(sealed);
  const login = Login.safeParse(typeof opened === 'string' ? tryJson(opened) : opened);
  if (login.success) return login.data;
  throw platformError('LAYER_REGISTRY_UNKNOWN', {
    subject: `layer ${layer}`,
    detail: 'its sealed login is no username and password',
  });
}
