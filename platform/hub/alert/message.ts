import type { News } from './delivery-plan.ts';

/** What a webhook gets: everything that is new for a receiver, at once. */
export function webhookBody(project: string, news: readonly News[]) {
  return {
    version: 1,
    project,
    alerts: news.map(({ alert: { name, spec, status }, state }) => ({
      name,
      state,
      severity: spec.severity,
      cluster: spec.cluster,
      rule: spec.rule,
      subject: spec.subject,
      message: status?.message,
      firstSeen: status?.firstSeen,
      lastSeen: status?.lastSeen,
      resolvedAt: status?.resolvedAt,
      count: status?.count,
    })),
  };
}

/** The same for people. */
export function mailText(project: string, news: readonly News[]): { subject: string; text: string } {
  const firing = news.filter(({ state }) => state === 'firing');
  const resolved = news.length - firing.length;
  const [first] = firing.length > 0 ? firing : news;
  const what = [
    ...(firing.length > 0 ? [`${firing.length} firing`] : []),
    ...(resolved > 0 ? [`${resolved} resolved`] : []),
  ].join(', ');
  const example =
    first === undefined ? '' : `: ${first.alert.spec.rule} ${first.alert.spec.cluster ?? ''}`.trimEnd();
  const lines = news.map(({ alert: { spec, status }, state }) =>
    [
      `${state.toUpperCase()} ${spec.severity} ${spec.rule}${spec.cluster === undefined ? '' : ` on ${spec.cluster}`}`,
      `  ${spec.subject}: ${status?.message ?? ''}`,
      `  first seen ${status?.firstSeen}${status?.resolvedAt === undefined ? '' : `, resolved ${status.resolvedAt}`}`,
    ].join('\n'),
  );
  return { subject: `[skerry ${project}] ${what}${example}`, text: `${lines.join('\n\n')}\n` };
}
