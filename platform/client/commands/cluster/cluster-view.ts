import { layersOf, revisionOf, stateOf } from '../../cluster-state.ts';
import { type Cluster, clusters } from '../../kinds.ts';
import { age, duration } from '../../output/age.ts';
import { fields, table } from '../../output/table.ts';
import type { View } from '../../output/view.ts';

/** How clusters are shown. */
export const clusterView: View<Cluster> = {
  kind: clusters,
  headings: ['NAME', 'STATE', 'PROFILES', 'LAYERS', 'NODES', 'DRIFT', 'REVISION', 'SEEN', 'AGE'],
  row: (cluster, now) => {
    const { name, created, spec, status } = cluster;
    return [
      name,
      stateOf(cluster),
      (spec.profiles ?? []).map((profile) => `${profile.name}@${profile.version}`).join(','),
      layersOf(cluster),
      status?.nodes === undefined ? '' : `${status.nodes.ready}/${status.nodes.total}`,
      status?.drift === undefined ? '' : String(status.drift.count),
      revisionOf(cluster),
      age(status?.agent?.seen, now),
      age(created, now),
    ];
  },
  describe: (cluster, now) => {
    const { name, project, spec, status } = cluster;
    return [
      fields([
        ['name', name],
        ['project', project],
        ['state', stateOf(cluster)],
        ['profiles', (spec.profiles ?? []).map(({ name, version }) => `${name}@${version}`).join(', ')],
        ['revision', revisionOf(cluster)],
        ['complete after', seconds(status?.completedAfterSeconds)],
        ['agent', spec.agent?.key ?? 'none accepted'],
        ['asks to join', status?.request && `${status.request.key}, ${age(status.request.at, now)} ago`],
        [
          'seen',
          status?.agent &&
            `${age(status.agent.seen, now)} ago by ${status.agent.transport}, agent ${status.agent.version}`,
        ],
        ['machines', machinesOf(cluster)],
        ['kubernetes', status?.kubernetes],
        ['nodes', status?.nodes && `${status.nodes.ready} of ${status.nodes.total} ready`],
        [
          'labels',
          Object.entries(cluster.labels ?? {})
            .map((pair) => pair.join('='))
            .join(', '),
        ],
      ]),
      section('LAYERS', layerTable(cluster)),
      section('DRIFT', status?.drift?.top.length ? driftTable(cluster, now) : ''),
      section(
        'CONDITIONS',
        (status?.conditions ?? []).length === 0
          ? ''
          : table(
              ['TYPE', 'STATUS', 'REASON', 'SINCE', 'MESSAGE'],
              (status?.conditions ?? []).map(({ type, status, reason, message, lastTransitionTime }) => [
                type,
                status,
                reason,
                age(lastTransitionTime, now),
                message,
              ]),
            ),
      ),
    ].join('');
  },
};

/** What is different from what a profile says, and who made it so. */
export function driftTable({ status }: Cluster, now: number): string {
  const items = status?.drift?.top ?? [];
  return table(
    ['LAYER', 'OBJECT', 'WHAT', 'FIELDS', 'BY', 'STATE', 'AGE'],
    items.map(({ layer, object, what, fields, by, state, at }) => [
      layer,
      object,
      what,
      fields.join(','),
      by ?? '',
      state,
      age(at, now),
    ]),
  );
}

/** State and layers in one line, for who waits. */
export function progressOf(cluster: Cluster | undefined): string {
  if (cluster === undefined) return 'not there';
  const busy = (cluster.status?.layers ?? []).filter(({ state }) => state !== 'ready');
  const [first] = busy;
  return [
    stateOf(cluster),
    `revision ${revisionOf(cluster) || 'none'}`,
    `layers ${layersOf(cluster) || 'none'}`,
    ...(first === undefined
      ? []
      : [[first.name, first.state, first.code, first.message].filter(Boolean).join(' ')]),
  ].join(', ');
}

/** `Scaling: control-plane 1/1, workers 2/3`; of a cluster that is made. */
function machinesOf({ status }: Cluster): string | undefined {
  const { infrastructure } = status ?? {};
  if (infrastructure === undefined) return undefined;
  const { phase, controlPlane, pools } = infrastructure;
  const counts = [{ name: 'control-plane', ...controlPlane }, ...pools];
  return `${phase}: ${counts.map(({ name, ready, wanted }) => `${name} ${ready}/${wanted}`).join(', ')}`;
}

function layerTable({ status }: Cluster): string {
  const layers = status?.layers ?? [];
  if (layers.length === 0) return '';
  return table(
    ['NAME', 'VERSION', 'STATE', 'TOOK', 'OBJECTS', 'MESSAGE'],
    layers.map(({ name, version, state, seconds: took, objects, code, message }) => [
      name,
      version,
      state,
      seconds(took) ?? '',
      objects === undefined ? '' : String(objects),
      [code, message].filter(Boolean).join(': '),
    ]),
  );
}

function section(heading: string, body: string): string {
  return body === '' ? '' : `\n\n${heading}\n${body}`;
}

function seconds(count: number | undefined): string | undefined {
  return count === undefined ? undefined : duration(count);
}
