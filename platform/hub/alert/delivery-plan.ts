import type { AlertReceiverSpec } from '../../api/alert.ts';
import type { StoredReceiver } from '../watched/stored.ts';
import { isFiring, type StoredAlert } from '../watched/stored-alert.ts';
import { isAtLeast } from './finding.ts';

export interface Receiver {
  readonly project: string;
  readonly name: string;
  readonly spec: AlertReceiverSpec;
}

/**
 * Each way of an AlertReceiver, as a receiver of its own: one that fails holds up no other, and what went by one is not
 * sent by it again.
 */
export function receiversOf({ metadata, spec }: StoredReceiver): Receiver[] {
  const { name, namespace: project } = metadata;
  const { severity, webhook, email, events } = spec;
  const ways = {
    webhook: webhook && { webhook },
    email: email && { email },
    events: events === true ? { events } : undefined,
  };
  return Object.entries(ways).flatMap(([way, only]) =>
    only === undefined
      ? []
      : [{ project, name: `${name.slice(0, 240)}/${way}`, spec: { severity, ...only } }],
  );
}

/** What an alert has become, for a receiver that was not told yet. */
export interface News {
  readonly alert: StoredAlert;
  readonly state: 'firing' | 'resolved';
}

/** So many alerts are in one message; more come with the next. */
const MAX_NEWS = 50;

/** What a receiver is to be sent now. A resolved alert is sent to those alone who were sent that it fired. */
export function newsFor(receiver: Receiver, alerts: readonly StoredAlert[]): News[] {
  const least = receiver.spec.severity ?? 'warning';
  const news = alerts.flatMap((alert): News[] => {
    if (alert.project !== receiver.project || alert.status === undefined) return [];
    const told = alert.status.sent?.find(({ receiver: name }) => name === receiver.name)?.state;
    const state = isFiring(alert) ? 'firing' : 'resolved';
    if (told === state || (told === undefined && state === 'resolved')) return [];
    return state === 'resolved' || isAtLeast(alert.spec.severity, least) ? [{ alert, state }] : [];
  });
  return news.slice(0, MAX_NEWS);
}
