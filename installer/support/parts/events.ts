import { numberAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { SupportPart } from '../part.ts';
import { ask } from './ask.ts';

/** Where Kubernetes keeps events of nodes and other objects that have no namespace. */
const CLUSTER_WIDE = 'default';
const SAID = 10;

/** What Kubernetes noted in the platform's namespaces and of nodes, the oldest first. */
export const eventsPart: SupportPart = {
  id: 'events',
  title: 'events of the platform’s namespaces and of nodes',
  collect: async (context, into) => {
    const { client, signal, namespaces } = context;
    const warnings: string[] = [];
    for (const namespace of new Set([...namespaces, CLUSTER_WIDE])) {
      const found = await ask(context, into, `events of ${namespace}`, () =>
        client.list({ apiVersion: 'v1', kind: 'Event', namespace }, { signal }),
      );
      const isAll = namespaces.includes(namespace);
      const events = (found?.items ?? [])
        .filter((event) => isAll || textAt(event, 'involvedObject', 'kind') === 'Node')
        .sort((a, b) => timeOf(a).localeCompare(timeOf(b)));
      if (events.length === 0) continue;
      into.text(`${namespace}.txt`, events.map(lineOf).join('\n'));
      warnings.push(...events.filter(({ type }) => type === 'Warning').map(lineOf));
    }
    for (const line of warnings.sort().slice(-SAID)) into.say(`event       ${line}`);
  },
};

function lineOf(event: KubeObject): string {
  const kind = textAt(event, 'involvedObject', 'kind') ?? '';
  const name = textAt(event, 'involvedObject', 'name') ?? '';
  const count = numberAt(event, 'count') ?? numberAt(event, 'series', 'count') ?? 1;
  const times = count > 1 ? ` (${count} times)` : '';
  const message = (textAt(event, 'message') ?? '').replaceAll('\n', ' ');
  return `${timeOf(event)} ${textAt(event, 'type') ?? ''} ${kind}/${name} ${textAt(event, 'reason') ?? ''}${times}: ${message}`;
}

function timeOf(event: KubeObject): string {
  const times = [
    textAt(event, 'series', 'lastObservedTime'),
    textAt(event, 'lastTimestamp'),
    textAt(event, 'eventTime'),
    event.metadata.creationTimestamp,
  ];
  return times.find((time) => time !== undefined && time !== '') ?? '';
}
