import { isSkerryError } from '../../content/error.ts';
import { mapLimited } from '../../content/limit.ts';
import type { KubeClient } from '../client/client.ts';
import { type Clock, systemClock } from '../clock.ts';
import { applyError } from '../errors.ts';
import { waitEstablished } from '../inventory/crds.ts';
import { objectAt } from '../json.ts';
import type { KubeObject } from '../object.ts';
import { type CrdChange, crdChange } from './crd-change.ts';
import { kindOf, storedVersions, versionsOf } from './crd-version.ts';
import { type ObjectTrouble, objectTroubles } from './object-troubles.ts';
import { rewriteObjects } from './rewrite-objects.ts';

export interface MigrateInput {
  readonly client: Pick<
    KubeClient,
    'get' | 'list' | 'pages' | 'patch' | 'apply' | 'replace' | 'create' | 'isServed'
  >;
  /** The definitions as they are to be. */
  readonly crds: readonly KubeObject[];
  /** `refused`, when absent: nothing is done where stored objects would lose fields or be refused. */
  readonly losses?: 'refused' | 'allowed' | undefined;
  /** `replace` also takes away what other managers have set; `apply` when absent. */
  readonly write?: 'apply' | 'replace' | undefined;
  /**
   * `before`: the component is about to come, and with it the webhook that converts its objects: what needs that is left
   * for a second call, `after`. Both at once when absent.
   */
  readonly stage?: 'before' | 'after' | undefined;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
  readonly clock?: Clock | undefined;
}

const TRIES = 5;
const WIDTH = 8;
/** How long all API servers of a cluster may take to know of a changed definition. */
const SETTLE_MS = 5000;

export interface PlannedMigration {
  readonly change: CrdChange;
  readonly troubles: readonly ObjectTrouble[];
}

/** What migrateCrds would do, and to which objects. Changes nothing. Throws CRD_CHANGE_REFUSED. */
export async function planMigration(
  input: Pick<MigrateInput, 'client' | 'crds' | 'signal'>,
): Promise<PlannedMigration[]> {
  const plans = [];
  for (const change of await readChanges(input))
    plans.push({ change, troubles: await objectTroubles(input, change) });
  return plans;
}

/**
 * Brings definitions to what they are to be, stored objects with them: the schema first; where a version goes away or
 * another one is stored, all objects are written again; then the version goes. May be cut off anywhere and run again.
 * Throws CRD_CHANGE_REFUSED, CRD_LOSES_FIELDS and CRD_REJECTS_OBJECTS before anything is changed; CRD_MIGRATION_FAILED,
 * CRD_NOT_ESTABLISHED.
 */
export async function migrateCrds(input: MigrateInput): Promise<void> {
  const { client, signal, clock = systemClock, onProgress = () => {} } = input;
  const changes = await readChanges(input);
  if (input.losses !== 'allowed') {
    for (const change of changes) refuseTroubles(await objectTroubles(input, change));
  }
  const due = changes.filter(({ rewrites, byWebhook }) => rewrites && isDue(input, byWebhook));
  const written = input.stage === 'after' ? due : changes;
  for (const { between } of written) await writeDefinition(input, between);
  await waitEstablished({ client, crds: written.map(({ between }) => between), signal, clock });
  if (due.length > 0) {
    onProgress(`${due.map(({ name }) => name).join(', ')}: stored in another version from now on`);
    // An API server that does not know yet would store objects in the old version after all were written again.
    await clock.sleep(SETTLE_MS, signal);
  }
  for (const change of due) await moveObjects(input, change);
}

function isDue({ stage }: MigrateInput, byWebhook: boolean): boolean {
  return stage === undefined || byWebhook === (stage === 'after');
}

async function readChanges({
  client,
  crds,
  signal,
}: Pick<MigrateInput, 'client' | 'crds' | 'signal'>): Promise<CrdChange[]> {
  const found = await mapLimited(crds, WIDTH, (crd) => client.get(crd, { signal }));
  const changes = crds.map((crd, index) => crdChange(found[index], crd));
  const refused = changes.find(({ fixed }) => fixed.length > 0);
  if (refused === undefined) return changes;
  throw applyError('CRD_CHANGE_REFUSED', { subject: refused.name, detail: refused.fixed.join('; ') });
}

function refuseTroubles(troubles: readonly ObjectTrouble[]): void {
  const [first] = troubles;
  if (first === undefined) return;
  const detail = troubles
    .filter(({ what }) => what === first.what)
    .flatMap(({ examples }) => examples)
    .map(({ object, fields }) => `${object}: ${fields.join(', ')}`);
  throw applyError(first.what === 'rejects' ? 'CRD_REJECTS_OBJECTS' : 'CRD_LOSES_FIELDS', {
    subject: `${first.objects} objects of ${first.crd}`,
    detail: detail.join('; '),
  });
}

/** Has all objects stored in the version that is wanted, and takes away versions that have had their day. */
async function moveObjects(input: MigrateInput, change: CrdChange): Promise<void> {
  const { client, signal, onProgress = () => {} } = input;
  const { name, between, target, storage } = change;
  const count = await rewriteObjects({
    client,
    kind: kindOf(between, servedVersion(between, storage)),
    signal,
    onProgress: (done, all) => onProgress(`${name}: ${done} of ${all} objects stored as ${storage}`),
  });
  await setStoredVersions(input, between, [storage]);
  if (between !== target) await writeDefinition(input, target);
  onProgress(`${name}: ${count} objects stored as ${storage}`);
}

function servedVersion(crd: KubeObject, storage: string): string {
  const served = versionsOf(crd).filter((version) => version.served);
  return (served.find(({ name }) => name === storage) ?? served[0])?.name ?? storage;
}

async function writeDefinition(
  { client, write = 'apply', signal }: MigrateInput,
  crd: KubeObject,
): Promise<void> {
  if (write === 'apply') {
    await client.apply(crd, { force: true, signal });
    return;
  }
  await again(async () => {
    const found = await client.get(crd, { signal });
    if (found === undefined) {
      await client.create(crd, { signal });
      return;
    }
    const { labels: _, annotations: __, managedFields: ___, ...metadata } = found.metadata;
    const { labels, annotations } = crd.metadata;
    await client.replace(
      {
        ...crd,
        metadata: {
          ...metadata,
          ...(labels === undefined ? {} : { labels }),
          ...(annotations === undefined ? {} : { annotations }),
        },
        ...(found.status === undefined ? {} : { status: found.status }),
      },
      { signal },
    );
  });
}

async function setStoredVersions(
  { client, signal }: MigrateInput,
  crd: KubeObject,
  versions: readonly string[],
): Promise<void> {
  await again(async () => {
    const found = await client.get(crd, { signal });
    if (found === undefined || storedVersions(found).join() === versions.join()) return;
    const { managedFields: _, ...metadata } = found.metadata;
    const status = { ...objectAt(found, 'status'), storedVersions: versions };
    await client.replace({ ...found, metadata, status }, { subresource: 'status', signal });
  });
}

async function again(attempt: () => Promise<void>): Promise<void> {
  for (let tries = 1; ; tries++) {
    try {
      return await attempt();
    } catch (error) {
      if (!isSkerryError(error, 'OBJECT_CHANGED') || tries >= TRIES) throw error;
    }
  }
}
