import type { Command } from 'commander';
import { type Alert, alerts, type Receiver, receivers } from '../kinds.ts';
import type { ListFlags } from '../options.ts';
import { age } from '../output/age.ts';
import { fields } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { listObjects, showObject, type View } from '../output/view.ts';
import { inSession } from '../session.ts';
import type { AlertFlags } from './alert.ts';

export async function runList(terminal: Terminal, options: AlertFlags, command: Command): Promise<void> {
  await inSession(terminal, command, (session) =>
    listObjects(session, alertView, {
      ...options,
      // Who watches wants to see how an alert ends.
      filter: ({ status }) =>
        options.all === true || options.watch === true || status?.resolvedAt === undefined,
      order: (a, b) => SEVERITIES.indexOf(a.spec.severity) - SEVERITIES.indexOf(b.spec.severity),
    }),
  );
}

export async function runShow(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, (session) => showObject(session, alertView, name));
}

export async function runReceivers(terminal: Terminal, options: ListFlags, command: Command): Promise<void> {
  await inSession(terminal, command, (session) => listObjects(session, receiverView, options));
}

const alertView: View<Alert> = {
  kind: alerts,
  headings: ['NAME', 'SEVERITY', 'CLUSTER', 'RULE', 'SUBJECT', 'STATE', 'COUNT', 'LAST', 'AGE'],
  row: ({ name, spec, status }, now) => [
    name,
    spec.severity,
    spec.cluster ?? '',
    spec.rule,
    spec.subject,
    stateOf(status),
    status === undefined ? '' : String(status.count),
    age(status?.lastSeen, now),
    age(status?.firstSeen, now),
  ],
  describe: ({ name, project, spec, status }, now) =>
    fields([
      ['name', name],
      ['project', project],
      ['severity', spec.severity],
      ['cluster', spec.cluster],
      ['rule', spec.rule],
      ['subject', spec.subject],
      ['state', stateOf(status)],
      ['message', status?.message],
      ['first seen', status && `${age(status.firstSeen, now)} ago`],
      ['last seen', status && `${age(status.lastSeen, now)} ago, ${status.count} times`],
      [
        'sent',
        status?.sent?.map(({ receiver, state, at }) => `${receiver} ${state} ${age(at, now)} ago`).join(', '),
      ],
    ]),
};

function stateOf(status: Alert['status']): string {
  return status?.resolvedAt === undefined ? 'firing' : 'resolved';
}

const SEVERITIES = ['critical', 'warning', 'info'];

const receiverView: View<Receiver> = {
  kind: receivers,
  headings: ['NAME', 'SEVERITY', 'TO', 'AGE'],
  row: ({ name, spec, created }, now) => [
    name,
    spec.severity ?? 'warning',
    [
      ...(spec.webhook === undefined ? [] : [spec.webhook.url]),
      ...(spec.email === undefined ? [] : [`mailto:${spec.email.to.join(',')}`]),
      ...(spec.events === true ? ['Kubernetes Events'] : []),
    ].join(' '),
    age(created, now),
  ],
  describe: ({ name }) => name,
};
