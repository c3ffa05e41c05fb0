import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { z } from 'zod';
import { messageOf } from '../../../../content/error.ts';
import { platformError } from '../../../errors.ts';
import { requestPath } from '../../connection/request-path.ts';
import { type Cluster, clusters } from '../../kinds.ts';
import { narrow } from '../../narrow.ts';
import { age } from '../../output/age.ts';
import type { Terminal } from '../../output/terminal.ts';
import { inSession, type Session } from '../../session.ts';
import type { AcceptFlags, EnrollFlags } from './cluster-agent.ts';

export async function runEnroll(
  terminal: Terminal,
  name: string,
  flags: EnrollFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const enrollment = await enroll(session, name, flags);
    if (flags.file !== undefined) await writeManifest(flags.file, enrollment.manifest);
    const { file } = flags;
    session.print(file === undefined ? enrollment : { file, expiresAt: enrollment.expiresAt }, () => {
      if (file !== undefined) return `${file} is for kubectl apply in ${name}, until ${enrollment.expiresAt}`;
      return flags.command ? enrollment.command : enrollment.manifest;
    });
    if (session.output === 'text' && file === undefined)
      session.say(
        `# good once, until ${enrollment.expiresAt}${flags.autoAccept ? '' : `; then: skerry cluster accept ${name}`}`,
      );
  });
}

export async function runAccept(
  terminal: Terminal,
  name: string,
  flags: AcceptFlags,
  command: Command,
): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects = session.objects(clusters);
    const cluster = await objects.get(name);
    const key = keyToAccept(cluster, flags.key);
    if (cluster.spec.agent?.key !== key && (flags.key === undefined || cluster.spec.agent?.key !== undefined))
      await session.confirm(acceptQuestion(cluster, key, terminal.now()));
    const { object } = await objects.change(name, () => ({ spec: { agent: { key } } }));
    session.print(object, () => `the agent with key ${key} is that of cluster ${name}`);
  });
}

export async function runRevoke(terminal: Terminal, name: string, command: Command): Promise<void> {
  await inSession(terminal, command, async (session) => {
    const objects = session.objects(clusters);
    const key = (await objects.get(name)).spec.agent?.key;
    if (key === undefined) {
      session.print({ name, changed: false }, () => `cluster ${name} has no agent that was accepted`);
      return;
    }
    await session.confirm(`The agent with key ${key} of cluster ${name} will be locked out.`);
    // Only the one that was named: another may have been accepted meanwhile.
    const { object } = await objects.change(name, ({ spec }) =>
      spec.agent?.key === key ? { spec: { agent: { key: null } } } : undefined,
    );
    session.print(object, () => `the agent with key ${key} is locked out of cluster ${name}`);
  });
}

const Enrollment = z.looseObject({ expiresAt: z.string(), manifest: z.string(), command: z.string() });

// A token whose answer was lost on the way is known to nobody, and ends by itself.
async function enroll(session: Session, name: string, { ttl, autoAccept }: EnrollFlags) {
  const template = '/api/v1/projects/{project}/clusters/{name}/enrollments';
  const path = requestPath(template, { project: session.project(), name });
  const body = {
    ...(ttl === undefined ? {} : { ttlSeconds: ttl }),
    ...(autoAccept ? { autoAccept: true } : {}),
  };
  const { signal } = session;
  const answer = await session.hub.connection.send({ method: 'POST', path, body, signal });
  return narrow(Enrollment, answer.body, path);
}

async function writeManifest(path: string, manifest: string): Promise<void> {
  try {
    await writeFile(path, manifest, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw platformError('OBJECT_FILE_INVALID', { subject: path, detail: messageOf(cause), cause });
  }
}

/** The key that is meant. Throws AGENT_NOT_ASKING and AGENT_KEY_DIFFERENT. */
function keyToAccept({ name, status }: Cluster, named: string | undefined): string {
  const asking = status?.request?.key;
  const key = named ?? asking;
  if (key === undefined)
    throw platformError('AGENT_NOT_ASKING', { subject: name, detail: 'no request, and no --key' });
  if (asking === undefined || asking === key) return key;
  throw platformError('AGENT_KEY_DIFFERENT', {
    subject: name,
    detail: `${asking} asks, and --key says ${key}`,
  });
}

function acceptQuestion({ name, spec, status }: Cluster, key: string, now: number): string {
  const request = status?.request;
  const old = spec.agent?.key;
  const asked = request === undefined ? '' : `, asked ${age(request.at, now)} ago`;
  const from = request?.from === undefined ? '' : ` from ${request.from}`;
  const instead = old === undefined ? '' : ` in place of ${old}, which is locked out`;
  return `The agent with key ${key}${asked}${from} becomes that of ${name}${instead}.`;
}
