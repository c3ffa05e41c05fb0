import type { SupportPart } from '../part.ts';
import { ask } from './ask.ts';

/** Which revisions Helm has of each component: from the labels of its Secrets alone, so without manifests and values. */
export const helmHistoryPart: SupportPart = {
  id: 'helm',
  title: 'revisions of each Helm release, without values',
  collect: async (context, into) => {
    const { client, signal } = context;
    for (const namespace of context.namespaces) {
      const selection = { apiVersion: 'v1', kind: 'Secret', namespace, labelSelector: 'owner=helm' };
      const found = await ask(context, into, `Helm releases in ${namespace}`, () =>
        client.list({ ...selection, metadataOnly: true }, { signal }),
      );
      const revisions = (found?.items ?? [])
        .map(({ metadata: { labels = {}, creationTimestamp = '' } }) => ({
          ...{ name: labels.name ?? '', revision: Number(labels.version), status: labels.status ?? '' },
          madeAt: creationTimestamp,
        }))
        .sort((a, b) => a.name.localeCompare(b.name) || a.revision - b.revision);
      if (revisions.length > 0) into.json(`${namespace}.json`, revisions);
      const last = new Map(revisions.map((revision) => [revision.name, revision]));
      for (const { name, revision, status } of last.values())
        into.say(`helm        ${namespace}/${name}, revision ${revision} ${status}`);
    }
  },
};
