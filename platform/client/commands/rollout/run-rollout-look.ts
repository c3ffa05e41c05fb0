import type { Command } from 'commander';
import type { ListFlags } from '../../options.ts';
import type { Terminal } from '../../output/terminal.ts';
import { listObjects, showObject } from '../../output/view.ts';
import { inSession } from '../../session.ts';
import { rolloutView } from './rollout-view.ts';

export async function runList(terminal: Terminal, options: ListFlags, command: Command): Promise<void> {
  await inSession(terminal, command, (session) => listObjects(session, rolloutView, options));
}

export async function runShow(
  terminal: Terminal,
  name: string,
  options: { watch?: boolean },
  command: Command,
): Promise<void> {
  await inSession(terminal, command, (session) => showObject(session, rolloutView, name, options));
}
