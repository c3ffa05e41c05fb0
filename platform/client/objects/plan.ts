import { platformError } from '../../errors.ts';
import { narrow } from '../narrow.ts';
import { operations, type Plan } from '../operations.ts';
import { faultText } from '../output/say-warnings.ts';
import { table } from '../output/table.ts';
import type { Session } from '../session.ts';
import type { Draft } from './objects.ts';

type PlannedKind = 'clusters' | 'clusterprofiles';

const PAGE = 100;
const MAX_PAGES = 200;

/** What a cluster or a profile would do if it were as drafted; as it is, where only its name is given. */
export async function planOf(
  session: Session,
  project: string,
  plural: PlannedKind,
  { name, ...draft }: Pick<Draft, 'name'> & Partial<Draft>,
): Promise<Plan> {
  const path = `/api/v1/projects/{project}/${plural}/{name}/plan` as const;
  const isDrafted = draft.spec !== undefined;
  const operation = isDrafted ? (`POST ${path}` as const) : (`GET ${path}` as const);
  const clusters: Plan['clusters'] = [];
  let next: string | undefined;
  for (let page = 0; page < MAX_PAGES; page++) {
    const { body } = await session.hub.send(operation, {
      params: { project, name },
      query: { limit: PAGE, continue: next },
      ...(isDrafted ? { body: { name, ...draft } } : {}),
      signal: session.signal,
    });
    const plan = narrow(operations[operation].answer, body, operation);
    clusters.push(...plan.clusters);
    next = plan.continue;
    if (next === undefined) return { ...plan, clusters };
  }
  throw platformError('HUB_ANSWER_INVALID', { subject: operation, detail: 'a plan without an end' });
}

/** A plan for people: what changes, layer by layer, and what is wrong. */
export function changesText({ clusters, total, ...plan }: Plan): string {
  const rows = clusters.flatMap(({ name, layers, opensAt }) =>
    layers
      .filter(({ change }) => change !== 'none')
      .map((layer) => [name, layer.name, layer.change, layer.detail ?? '', opensAt ?? 'now']),
  );
  const same = clusters.filter(
    ({ layers, errors = [] }) => errors.length === 0 && layers.every(({ change }) => change === 'none'),
  );
  const machines = clusters.flatMap(({ name, machines }) => machineLines(name, machines));
  const faults = (title: string, of: 'errors' | 'warnings') => {
    const each = clusters.flatMap(({ name, ...cluster }) =>
      (cluster[of] ?? []).map((fault) => `${name}: ${faultText(fault)}`),
    );
    const all = [...(plan[of] ?? []).map(faultText), ...each];
    return all.length === 0 ? [] : [`${title}\n${all.map((line) => `  ${line}`).join('\n')}`];
  };
  return [
    ...(rows.length === 0 ? [] : [table(['CLUSTER', 'LAYER', 'CHANGE', 'WHAT', 'WHEN'], rows)]),
    ...machines,
    ...(same.length === 0 ? [] : [`nothing changes in ${same.map(({ name }) => name).join(', ')}`]),
    ...(total === 0 ? ['no cluster has it'] : []),
    ...faults('Wrong:', 'errors'),
    ...faults('To come:', 'warnings'),
  ].join('\n\n');
}

function machineLines(name: string, machines: Plan['clusters'][number]['machines']): string[] {
  if (machines === undefined || machines.change === 'none') return [];
  if (machines.change === 'add') return [`machines of ${name} are made`];
  const rows = machines.fields.map(({ pointer, before, after }) => [pointer, json(before), json(after)]);
  return [`machines of ${name}\n${table(['FIELD', 'BEFORE', 'AFTER'], rows)}`];
}

function json(value: unknown): string {
  return value === undefined ? '' : JSON.stringify(value);
}
