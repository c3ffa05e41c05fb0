import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { platformError } from '../../errors.ts';
import type { AuthorityState } from '../operations.ts';
import { fields, table } from '../output/table.ts';
import type { Terminal } from '../output/terminal.ts';
import { inSession, type Session } from '../session.ts';
import type { RetireFlags, RotateFlags } from './authority.ts';

export async function runShow(terminal: Terminal, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const state = await read(session);
    session.print(state, () => describe(state));
  });
}

export async function runRotate(
  terminal: Terminal,
  { plan, wait, timeout }: RotateFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const { hub, signal } = session;
    if (plan) {
      const state = await read(session);
      session.print({ plan: state.rotating ? 'continue' : 'rotate', ...state }, () => rotationPlan(state));
      return;
    }
    const begun = await hub.call('POST /api/v1/authority/rotate', { signal });
    const state = wait ? await waitForAll(session, begun, timeout) : begun;
    session.print(state, () => describe(state));
  });
}

export async function runRetire(
  terminal: Terminal,
  { plan, leave }: RetireFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const retire = async (dryRun: boolean) =>
      await session.hub.call('POST /api/v1/authority/retire', {
        query: { dryRun: dryRun ? 'true' : 'false' },
        body: { leave: [...leave] },
        signal: session.signal,
        // Once it is done, a second one has nothing to retire.
        repeatable: dryRun,
      });
    const checked = await retire(true);
    if (plan) {
      session.print({ plan: 'retire', ...checked }, () => retirementPlan(checked));
      return;
    }
    await session.confirm(retirementPlan(checked));
    const state = await retire(false);
    session.print(state, () => describe(state));
  });
}

const POLL_MS = 5_000;

const MAX_NAMED = 20;

async function read({ hub, signal }: Session): Promise<AuthorityState> {
  return await hub.call('GET /api/v1/authority', { signal });
}

async function waitForAll(session: Session, begun: AuthorityState, seconds: number): Promise<AuthorityState> {
  const end = session.terminal.now() + seconds * 1000;
  let state = begun;
  for (let said = ''; state.clusters.waiting.length > 0; state = await read(session)) {
    const progress = progressOf(state);
    if (progress !== said) session.say(progress);
    said = progress;
    if (session.terminal.now() > end)
      throw platformError('WAIT_TIMEOUT', {
        subject: 'authority',
        detail: `waited ${seconds} s for all agents to know the next; last: ${progress}`,
      });
    await sleep(POLL_MS, undefined, { signal: session.signal });
  }
  return state;
}

function progressOf({ clusters: { total, acknowledged, offline } }: AuthorityState): string {
  return `${acknowledged} of ${total} agents know the latest, ${offline} are silent`;
}

function describe(state: AuthorityState): string {
  const parts = [
    ...state.authorities.map(({ number, use, fingerprint, until }) => [
      `authority ${number}`,
      use,
      until,
      fingerprint,
    ]),
    ...state.signingKeys.map(({ number, use, fingerprint }) => [`key ${number}`, use, '', fingerprint]),
  ];
  return [
    fields([
      ['rotation', state.rotating ? 'under way' : 'none'],
      ['agents', progressOf(state)],
    ]),
    '',
    table(['WHAT', 'USE', 'UNTIL', 'FINGERPRINT'], parts),
    waitingTable(state),
  ].join('\n');
}

function waitingTable({ clusters: { waiting, total, acknowledged } }: AuthorityState): string {
  if (waiting.length === 0) return '';
  const shown = waiting.slice(0, MAX_NAMED);
  const more = total - acknowledged - shown.length;
  const rows = shown.map(({ project, name, offline, reason }) => [
    `${project}/${name}`,
    offline ? 'silent' : 'waiting',
    reason,
  ]);
  return `\n${table(['CLUSTER', 'AGENT', 'WHY'], rows)}${more === 0 ? '' : `\nand ${more} more`}`;
}

function rotationPlan({ rotating, clusters: { total, acknowledged } }: AuthorityState): string {
  return rotating
    ? `A rotation is under way: ${acknowledged} of ${total} agents know the next authority.`
    : `Another authority and signing key are made; ${total} agents get an envelope that names them.`;
}

function retirementPlan({ authorities, signingKeys, clusters }: AuthorityState): string {
  const latest = ({ number }: { number: number }, all: readonly { number: number }[]) =>
    all.every((other) => other.number <= number);
  const goes = [
    ...authorities.filter((part) => !latest(part, authorities)).map(({ number }) => `authority ${number}`),
    ...signingKeys.filter((part) => !latest(part, signingKeys)).map(({ number }) => `signing key ${number}`),
  ];
  const left = clusters.waiting.map(({ project, name }) => `${project}/${name}`);
  const lost =
    left.length === 0 ? '' : ` These lose their hub and have to be enrolled again: ${left.join(', ')}.`;
  return `${goes.join(' and ')} will not be trusted any more.${lost}`;
}
