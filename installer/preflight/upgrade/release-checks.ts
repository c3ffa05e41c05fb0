import type { KubeClient } from '../../../apply/client/client.ts';
import { celStatus } from '../../../apply/health/cel.ts';
import { describeObject, type KubeObject } from '../../../apply/object.ts';
import type { ReleaseCheck } from '../../../bundle/release-check.ts';
import { isSkerryError } from '../../../content/error.ts';
import type { Found, UpgradeCheck } from './finding.ts';

/** What the new release itself wants to have looked at. */
export const releaseChecks: UpgradeCheck = {
  id: 'release-checks',
  title: 'What the release itself asks for holds',
  ofRelease: false,
  run: async ({ subject: { engine, to } }) => {
    const found: Found[] = [];
    for (const check of to.release.preflight ?? []) {
      const objects = await objectsOf(engine.client, check, engine.signal);
      found.push(...findingsOf(check, objects));
    }
    return found;
  },
};

/** What a check of a release finds in the objects that it is about. */
function findingsOf(check: ReleaseCheck, objects: readonly KubeObject[]): Found[] {
  const { severity, message, remedy, object, cel } = check;
  const told = (subject: string): Found => ({ severity, subject, message, remedy });
  if (objects.length === 0) {
    const name = [object.namespace, object.name].filter(Boolean).join('/');
    return check.missing === 'fails' ? [told(`${object.kind} ${name}`.trim())] : [];
  }
  return objects
    .filter((each) => celStatus(each, cel).status !== 'Current')
    .map((each) => told(describeObject(each)));
}

async function objectsOf(
  client: Pick<KubeClient, 'get' | 'list'>,
  { object: { apiVersion, kind, name, namespace } }: ReleaseCheck,
  signal: AbortSignal,
): Promise<readonly KubeObject[]> {
  try {
    if (name === undefined) return (await client.list({ apiVersion, kind, namespace }, { signal })).items;
    const found = await client.get({ apiVersion, kind, metadata: { name, namespace } }, { signal });
    return found === undefined ? [] : [found];
  } catch (error) {
    if (isSkerryError(error, 'KIND_UNKNOWN') || isSkerryError(error, 'NAMESPACE_NOT_FOUND')) return [];
    throw error;
  }
}
