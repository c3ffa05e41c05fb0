import { readRecords } from '../../../apply/helm/helm-release.ts';
import { describeObject } from '../../../apply/object.ts';
import { droppedObjects as dropped } from '../../../apply/release/dropped.ts';
import type { Found, UpgradeCheck } from './finding.ts';

/** Kinds whose objects hold what can't be made again. */
const PRECIOUS = ['PersistentVolumeClaim', 'CustomResourceDefinition', 'Namespace', 'Secret'];

export const droppedObjects: UpgradeCheck = {
  id: 'dropped-objects',
  title: 'Nothing is deleted by the upgrade',
  ofRelease: false,
  run: async ({ subject: { engine, components, changes } }) => {
    const { client, signal } = engine;
    const found: Found[] = changes
      .filter(({ action }) => action === 'remove')
      .map(({ name }) => ({
        severity: 'warns',
        subject: `component ${name}`,
        message: 'the new release has it no more: it is uninstalled',
        remedy: 'Read in the release’s notes what takes its place.',
      }));
    for (const { name, namespace, after } of components) {
      const records = await readRecords(client, { name, namespace }, { signal });
      for (const object of await dropped(engine, { name, namespace }, records, [
        ...after.crds,
        ...after.objects,
      ]))
        found.push({
          severity: PRECIOUS.includes(object.kind) ? 'warns' : 'notes',
          subject: `component ${name}: ${describeObject(object)}`,
          message: 'the new release has it no more: it is deleted',
          remedy: PRECIOUS.includes(object.kind) ? 'Keep a copy of what it holds, if you need it.' : '',
        });
    }
    return found;
  },
};
