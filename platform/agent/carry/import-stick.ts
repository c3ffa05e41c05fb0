import { join } from 'node:path';
import type { KubeClient } from '../../../apply/client/client.ts';
import { type CopyProgress, executeCopy } from '../../../content/copy/copy.ts';
import { planCopy } from '../../../content/copy/copy-plan.ts';
import { isSkerryError } from '../../../content/error.ts';
import { openLayout } from '../../../content/layout/layout.ts';
import type { WritableStore } from '../../../content/store.ts';
import { OverlayStore } from '../../../content/stores/overlay.ts';
import { openAgentFile } from '../../desired/carry/agent-file.ts';
import { copyItems } from '../../desired/carry/closure.ts';
import { type HubFile, MAX_HUB_FILE_BYTES, readHubFile } from '../../desired/carry/hub-file.ts';
import {
  CONTENT_FOLDER,
  clusterFile,
  readStick,
  readStickFile,
  type StickCluster,
} from '../../desired/carry/stick.ts';
import { platformError } from '../../errors.ts';
import { AGENT_INBOX, AGENT_OUTBOX } from './agent-secrets.ts';
import { readFileSecret, writeFileSecret } from './file-secret.ts';

export interface ImportOptions {
  readonly folder: string;
  /** Of the managed cluster. */
  readonly client: Pick<KubeClient, 'get' | 'create' | 'replace'>;
  readonly namespace: string;
  /** The site's registry that a name of the envelope stands for. */
  readonly storeOf: (registry: string) => WritableStore;
  readonly signal: AbortSignal;
  readonly onProgress?: ((progress: CopyProgress) => void) | undefined;
}

export interface Imported {
  readonly project: string;
  readonly cluster: string;
  readonly number: number;
  readonly bytesCopied: number;
  readonly bytesSkipped: number;
}

interface Found {
  readonly entry: StickCluster;
  readonly file: HubFile;
  readonly text: string;
}

/**
 * Brings what a stick has for this cluster: first the content into the site's registry, then the messages to the agent,
 * which checks who signed them. Throws STICK_INVALID, STICK_FOREIGN, STICK_OUTDATED, STICK_CONTENT_MISSING,
 * AGENT_NOT_FOUND, and what copying and the cluster throw.
 */
export async function importStick(options: ImportOptions): Promise<Imported> {
  const { client, namespace, signal } = options;
  const { entry, file, text } = await findOwn(options);
  const copied = entry.items.length === 0 ? { bytesCopied: 0, bytesSkipped: 0 } : await bring(entry, options);
  signal.throwIfAborted();
  await writeFileSecret(client, { namespace, name: AGENT_INBOX, text }, { signal });
  return { project: file.project, cluster: file.cluster, number: file.number, ...copied };
}

async function findOwn({ folder, client, namespace, signal }: ImportOptions): Promise<Found> {
  const outbox = await readFileSecret(client, namespace, AGENT_OUTBOX, { signal });
  if (outbox === undefined) throw platformError('AGENT_NOT_FOUND', { subject: `namespace ${namespace}` });
  const { file: own, key } = openAgentFile(outbox);
  const index = await readStick(folder);
  for (const entry of index.clusters) {
    signal.throwIfAborted();
    const text = await readStickFile(folder, clusterFile(entry), MAX_HUB_FILE_BYTES);
    const { file } = readHubFile(text);
    const isOwn =
      own.cluster === undefined
        ? file.key === key
        : file.project === own.cluster.project &&
          file.cluster === own.cluster.name &&
          (file.id === undefined || file.id === own.cluster.id);
    if (!isOwn) continue;
    const hello = own.messages.find((message) => message.kind === 'hello');
    const held = hello?.kind === 'hello' ? hello.number : 0;
    if (file.number !== 0 && file.number < held)
      throw platformError('STICK_OUTDATED', {
        subject: `${file.project}/${file.cluster}`,
        detail: `it has envelope ${file.number}, the agent holds ${held}`,
      });
    return { entry, file, text };
  }
  const here =
    own.cluster === undefined
      ? `the agent with the key ${key}`
      : `${own.cluster.project}/${own.cluster.name}`;
  throw platformError('STICK_FOREIGN', { subject: folder, detail: `nothing for ${here}` });
}

async function bring(entry: StickCluster, { folder, storeOf, signal, onProgress }: ImportOptions) {
  const layout = await openLayout(join(folder, CONTENT_FOLDER));
  const absent = new Set<string>(entry.absent);
  let [bytesCopied, bytesSkipped] = [0, 0];
  for (const [registry, items] of Map.groupBy(entry.items, (item) => item.registry)) {
    const target = storeOf(registry);
    // What the site is known to have is not on the stick: both together are the whole.
    const both = new OverlayStore([layout, target]);
    const plan = await planCopy(both, copyItems(items), { sparse: 'any', signal }).catch(missing(folder));
    const lost = plan.omissions.find(({ why, what }) => why === 'accepted' && !absent.has(what));
    if (lost !== undefined)
      throw platformError('STICK_CONTENT_MISSING', {
        subject: folder,
        detail: `${lost.repository}@${lost.what}`,
      });
    const copied = await executeCopy(plan, both, target, { signal, onProgress }).catch(missing(folder));
    bytesCopied += copied.bytesCopied;
    bytesSkipped += copied.bytesSkipped;
  }
  return { bytesCopied, bytesSkipped };
}

function missing(folder: string) {
  return (cause: unknown): never => {
    if (!isSkerryError(cause, 'CONTENT_NOT_FOUND')) throw cause;
    throw platformError('STICK_CONTENT_MISSING', { subject: folder, detail: cause.subject, cause });
  };
}
