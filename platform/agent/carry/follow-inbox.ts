import type { KeyObject } from 'node:crypto';
import type { KubeClient, WatchEvent } from '../../../apply/client/client.ts';
import { follow } from '../../../apply/client/follow.ts';
import type { Clock } from '../../../apply/clock.ts';
import { isSkerryError } from '../../../content/error.ts';
import { openHubFile, readHubFile } from '../../desired/carry/hub-file.ts';
import type { ClusterIdentity } from '../../desired/envelope.ts';
import type { EnrollAnswer, HubMessage } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import { AGENT_INBOX } from './agent-secrets.ts';
import { textIn } from './file-secret.ts';

/** What a file is checked against, and where what is in it goes: the same places as what comes by network. */
export interface InboxReader {
  /** Public keys of the hub that are trusted. */
  readonly keys: () => readonly KeyObject[];
  /** Fingerprint of the agent's key. */
  readonly key: string;
  /** UID of the kube-system namespace. */
  readonly id: string;
  /** Which cluster the agent is of; undefined until it was accepted. */
  readonly cluster: () => Pick<ClusterIdentity, 'project' | 'name'> | undefined;
  readonly receive: (message: HubMessage) => Promise<void>;
  readonly enrolled: (answer: EnrollAnswer) => Promise<void>;
}

export interface InboxOptions extends InboxReader {
  readonly client: Pick<KubeClient, 'watch'>;
  readonly namespace: string;
  readonly signal: AbortSignal;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

const RETRY_MS = 5_000;

/** Takes what is put into the inbox, now and whenever it changes, until the signal is aborted. */
export async function followInbox(options: InboxOptions): Promise<void> {
  const { client, namespace, signal, clock, onError } = options;
  const fieldSelector = `metadata.name=${AGENT_INBOX}`;
  let done: string | undefined;
  const take = async (event: WatchEvent) => {
    const text = textOf(event);
    if (text === undefined || text === done) return;
    await takeForGood(text, options);
    done = text;
  };
  const selection = { apiVersion: 'v1', kind: 'Secret', namespace, fieldSelector };
  await follow(client, selection, take, { signal, clock, onError, pauseMs: RETRY_MS });
}

function textOf(event: WatchEvent): string | undefined {
  if (event.type === 'deleted') return undefined;
  const objects = event.type === 'listed' ? event.objects : [event.object];
  return objects.flatMap((object) => textIn(object) ?? [])[0];
}

/** Throws what may pass. */
async function takeForGood(text: string, options: InboxOptions): Promise<void> {
  try {
    await takeHubFile(text, options);
  } catch (error) {
    if (options.signal.aborted || !isFinal(error)) throw error;
    options.onError(error);
  }
}

/** What is wrong with the file itself stays so; what the cluster could not keep just now is tried again. */
function isFinal(error: unknown): boolean {
  return isSkerryError(error) && FINAL.has(error.code);
}

const FINAL = new Set(['HUB_FILE_INVALID', 'HUB_FILE_FOREIGN', 'SIGNATURE_NOT_TRUSTED', 'SIGNED_TYPE_WRONG']);

/**
 * Takes a file from the hub. Twice, late or not at all does no harm: messages are taken by number. Throws
 * HUB_FILE_INVALID, HUB_FILE_FOREIGN, SIGNATURE_NOT_TRUSTED.
 */
async function takeHubFile(text: string, reader: InboxReader): Promise<void> {
  const { signed } = readHubFile(text);
  const file = openHubFile(signed, reader.keys());
  const own = reader.cluster();
  const isOther =
    (file.key !== undefined && file.key !== reader.key) ||
    (file.id !== undefined && file.id !== reader.id) ||
    (own !== undefined && (own.project !== file.project || own.name !== file.cluster));
  if (isOther)
    throw platformError('HUB_FILE_FOREIGN', {
      subject: AGENT_INBOX,
      detail: `it is for ${file.project}/${file.cluster}`,
    });
  if (file.enroll !== undefined) await reader.enrolled(file.enroll);
  for (const message of file.messages) await reader.receive(message);
}
