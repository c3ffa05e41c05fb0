import { type ReleaseRecord, readRecords } from '../helm/helm-release.ts';
import type { ComponentName, Engine } from './component.ts';

export type Revision = Pick<ReleaseRecord, 'revision' | 'status' | 'description'>;

/** The revisions of a component that Helm remembers, oldest first; empty when it was never installed. */
export async function componentHistory(
  { client, signal }: Pick<Engine, 'client' | 'signal'>,
  component: ComponentName,
): Promise<Revision[]> {
  const records = await readRecords(client, component, { signal });
  return records.map(({ revision, status, description }) => ({ revision, status, description }));
}
