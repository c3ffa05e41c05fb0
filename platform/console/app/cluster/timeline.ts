import type { Alert, Cluster, Revision } from '../../../client/kinds.ts';

/** One thing that happened to a cluster. */
export interface TimelineEntry {
  readonly at: string;
  readonly kind: 'revision' | 'condition' | 'drift' | 'alert' | 'machine' | 'agent';
  readonly text: string;
  readonly by?: string | undefined;
}

interface Known {
  readonly cluster: Cluster;
  readonly revisions: readonly Revision[];
  readonly alerts: readonly Alert[];
}

/** All that is known to have happened to a cluster, the latest first. */
export function timelineOf({ cluster, revisions, alerts }: Known): TimelineEntry[] {
  const { status, created } = cluster;
  const applied = status?.applied;
  const entries: (TimelineEntry | undefined)[] = [
    { at: created, kind: 'agent', text: 'The cluster was made known to the hub' },
    status?.request && {
      at: status.request.at,
      kind: 'agent',
      text: `An agent asks to join with key ${status.request.key}`,
      by: status.request.from,
    },
    applied && { at: applied.at, kind: 'revision', text: `Revision ${applied.number} was complete` },
    ...revisions
      .filter(({ spec }) => spec.cluster === cluster.name)
      .flatMap(({ spec, created: at }): TimelineEntry[] => [
        { at, kind: 'revision', text: `Revision ${spec.number} was made: ${spec.cause}` },
        ...(spec.releasedAt === undefined || spec.releasedAt === at
          ? []
          : [{ at: spec.releasedAt, kind: 'revision' as const, text: `Revision ${spec.number} was let go` }]),
      ]),
    ...(status?.conditions ?? []).map(({ type, status: is, reason, message, lastTransitionTime }) => ({
      at: lastTransitionTime,
      kind: 'condition' as const,
      text: `${type} became ${is} (${reason})${message === '' ? '' : `: ${message}`}`,
    })),
    ...(status?.drift?.top ?? []).map(({ at, layer, object, what, fields, by, state }) => ({
      at,
      kind: 'drift' as const,
      text: `${object} of layer ${layer} was ${what}${fields.length === 0 ? '' : ` (${fields.join(', ')})`}: ${state}`,
      by,
    })),
    ...(status?.infrastructure?.replaced ?? []).map(({ at, machine, code, detail }) => ({
      at,
      kind: 'machine' as const,
      text: `Machine ${machine} was replaced: ${code} ${detail}`,
    })),
    ...alerts
      .filter(({ spec }) => spec.cluster === cluster.name)
      .flatMap(({ spec, status: said }): TimelineEntry[] =>
        said === undefined
          ? []
          : [
              {
                at: said.firstSeen,
                kind: 'alert',
                text: `Alert ${spec.rule} (${spec.severity}): ${said.message}`,
              },
              ...(said.resolvedAt === undefined
                ? []
                : [{ at: said.resolvedAt, kind: 'alert' as const, text: `Alert ${spec.rule} was resolved` }]),
            ],
      ),
  ];
  return entries
    .filter((entry) => entry !== undefined)
    .filter(({ at }) => at !== '')
    .sort((a, b) => Date.parse(b.at) - Date.parse(a.at));
}
