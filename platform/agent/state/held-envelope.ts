import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { tryJson } from '../../../content/json.ts';
import { AGENT_STATE } from '../../desired/agent-names.ts';
import { digestOf } from '../../desired/dsse.ts';
import { Envelope } from '../../desired/envelope.ts';
import { Signed } from '../../desired/message.ts';
import { platformError } from '../../errors.ts';
import type { JournalPlace } from './journal.ts';

/** The envelope that an agent holds, as it was signed and as it reads. */
export interface HeldEnvelope {
  readonly signed: Signed;
  readonly digest: string;
  readonly envelope: Envelope;
}

const KEY = 'envelope.json';

/** The envelope in a signed text; whether the signature holds is somebody else's question. Throws AGENT_STATE_INVALID. */
export function heldEnvelope(signed: Signed, subject: string): HeldEnvelope {
  const text = Buffer.from(signed.payload, 'base64').toString();
  const envelope = Envelope.safeParse(tryJson(text));
  if (!envelope.success)
    throw platformError('AGENT_STATE_INVALID', { subject, detail: envelope.error.issues[0]?.message });
  return { signed, digest: digestOf(signed), envelope: envelope.data };
}

/** A Secret, since values may be nobody else's business. Throws AGENT_STATE_INVALID. */
export async function readHeldEnvelope(place: JournalPlace): Promise<HeldEnvelope | undefined> {
  const found = await place.client.get(referenceIn(place), { signal: place.signal });
  if (found === undefined) return undefined;
  const subject = `Secret ${place.namespace}/${AGENT_STATE}`;
  const text = Buffer.from(textAt(found, 'data', KEY) ?? '', 'base64').toString();
  const signed = Signed.safeParse(tryJson(text));
  if (!signed.success)
    throw platformError('AGENT_STATE_INVALID', { subject, detail: `no envelope in ${KEY}` });
  return heldEnvelope(signed.data, subject);
}

export async function writeHeldEnvelope(place: JournalPlace, { signed }: HeldEnvelope): Promise<void> {
  const { client, signal } = place;
  const reference = referenceIn(place);
  const found = await client.get(reference, { signal });
  const object: KubeObject = {
    ...reference,
    metadata: {
      ...reference.metadata,
      labels: { 'app.kubernetes.io/part-of': 'skerry' },
      ...(found === undefined ? {} : { resourceVersion: found.metadata.resourceVersion }),
    },
    type: 'Opaque',
    data: { [KEY]: Buffer.from(JSON.stringify(signed)).toString('base64') },
  };
  await (found === undefined ? client.create(object, { signal }) : client.replace(object, { signal }));
}

function referenceIn({ namespace }: JournalPlace) {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name: AGENT_STATE, namespace } };
}
