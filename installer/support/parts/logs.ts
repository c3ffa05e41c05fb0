import { listAt, numberAt, textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import type { Collected, SupportContext, SupportPart } from '../part.ts';
import { ask } from './ask.ts';

/** The last lines of each container, and of its run before where there was one. */
export const logsPart: SupportPart = {
  id: 'logs',
  title: 'logs of each container, of its run before too',
  collect: async (context, into) => {
    const { client, signal } = context;
    const silent = new Set<string>();
    for (const namespace of context.namespaces) {
      const pods = await ask(context, into, `pods in ${namespace}`, () =>
        client.list({ apiVersion: 'v1', kind: 'Pod', namespace }, { signal }),
      );
      for (const pod of pods?.items ?? [])
        for (const run of runsOf(pod)) if (!(await collectRun(context, into, { pod, run, silent }))) return;
    }
  },
};

/** What a kubelet answers, as a success, of a container that its runtime has removed. */
const REMOVED = /^unable to retrieve container logs for /;
/** A kubelet that answers at all does so within this time, in milliseconds. */
const LOG_MS = 15_000;

interface Asked {
  readonly pod: KubeObject;
  readonly run: Run;
  /** Nodes that did not answer: they are not asked again, or all the time would go to them. */
  readonly silent: Set<string>;
}

interface Run {
  readonly container: string;
  readonly previous: boolean;
}

function runsOf(pod: KubeObject): Run[] {
  const statuses = ['initContainerStatuses', 'containerStatuses', 'ephemeralContainerStatuses'].flatMap(
    (list) => [...listAt(pod, 'status', list)],
  );
  return statuses.flatMap((status) => {
    const container = textAt(status, 'name') ?? '';
    const isAgain = (numberAt(status, 'restartCount') ?? 0) > 0;
    // One that waits to be restarted has a log: that of the run which ended.
    const hasRun = isAgain || textAt(status, 'state', 'waiting', 'reason') === undefined;
    return [
      ...(isAgain ? [{ container, previous: true }] : []),
      ...(hasRun ? [{ container, previous: false }] : []),
    ];
  });
}

/** False when there is no more room. */
async function collectRun(
  context: SupportContext,
  into: Collected,
  { pod, run: { container, previous }, silent }: Asked,
): Promise<boolean> {
  const { client, signal, logLines, logBytes } = context;
  const { namespace = '', name } = pod.metadata;
  const node = textAt(pod, 'spec', 'nodeName') ?? '';
  const what = `log of ${namespace}/${name} ${container}${previous ? ', run before' : ''}`;
  if (silent.has(node)) {
    into.miss(what, `node ${node} did not answer before`);
    return true;
  }
  const query = new URLSearchParams({
    ...{ container, timestamps: 'true', tailLines: String(logLines), limitBytes: String(logBytes) },
    ...(previous ? { previous: 'true' } : {}),
  });
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(name)}/log?${query}`;
  const call = { signal, accept: '*/*', timeoutMs: LOG_MS };
  const answer = await ask(context, into, what, () => client.read(path, call));
  if (answer === undefined || answer.status >= 500) silent.add(node);
  if (answer === undefined) return true;
  if (answer.status >= 400) {
    into.miss(what, `${answer.status}: ${answer.text.slice(0, 300)}`);
    return true;
  }
  if (REMOVED.test(answer.text)) {
    into.miss(what, 'the node has removed it');
    return true;
  }
  const isCut = Buffer.byteLength(answer.text) >= logBytes;
  if (isCut) into.miss(what, `only the first ${logBytes} bytes of its last ${logLines} lines`);
  return into.text(`${namespace}/${name}/${container}${previous ? '.previous' : ''}.log`, answer.text);
}
