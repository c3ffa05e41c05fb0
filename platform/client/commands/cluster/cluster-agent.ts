import { writeFile } from 'node:fs/promises';
import { Command, InvalidArgumentError, Option } from 'commander';
import { z } from 'zod';
import { messageOf } from '../../../../content/error.ts';
import { KeyFingerprint } from '../../../api/names.ts';
import { platformError } from '../../../errors.ts';
import { age } from '../../age.ts';
import { requestPath } from '../../connection/request-path.ts';
import { narrow } from '../../hub-client.ts';
import { type Cluster, clusters } from '../../kinds.ts';
import { type ProjectOptions, parseSeconds, withProject, withYes } from '../../options.ts';
import { inSession, type Session } from '../../session.ts';
import type { Terminal } from '../../terminal.ts';

interface EnrollFlags extends ProjectOptions {
  readonly ttl?: number;
  readonly autoAccept?: boolean;
  readonly command?: boolean;
  readonly file?: string;
}

export function enrollCommand(terminal: Terminal): Command {
  return withProject(new Command('enroll'))
    .description('make a token with which one agent may join, and print what to apply in its cluster')
    .argument('<name>', 'of the cluster')
    .option('--ttl <seconds>', 'how long the token is good', parseSeconds)
    .option('--auto-accept', 'let the agent in without skerry cluster accept')
    .addOption(new Option('--command', 'print the command in place of the manifest').conflicts('file'))
    .option('--file <file>', 'write the manifest into a file that only you can read')
    .addHelpText(
      'after',
      `
The manifest has the token in it: who has it may ask to be this cluster's agent, once.

Examples:
  skerry cluster enroll edge-1 | kubectl --context edge-1 apply -f -
  skerry cluster enroll edge-1 --ttl 600 --file edge-1.yaml`,
    )
    .action(async (name: string, flags: EnrollFlags, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const enrollment = await enroll(session, name, flags);
        if (flags.file !== undefined) await writeManifest(flags.file, enrollment.manifest);
        const { file } = flags;
        session.print(file === undefined ? enrollment : { file, expiresAt: enrollment.expiresAt }, () => {
          if (file !== undefined)
            return `${file} is for kubectl apply in ${name}, until ${enrollment.expiresAt}`;
          return flags.command ? enrollment.command : enrollment.manifest;
        });
        if (session.output === 'text' && file === undefined)
          session.say(
            `# good once, until ${enrollment.expiresAt}${flags.autoAccept ? '' : `; then: skerry cluster accept ${name}`}`,
          );
      });
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

interface AcceptFlags extends ProjectOptions {
  readonly key?: string;
}

export function acceptCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('accept')))
    .description('let the agent in that asks to be that of a cluster')
    .argument('<name>', 'of the cluster')
    .option('--key <fingerprint>', 'only this key, SHA256:..., as the agent prints it', parseKey)
    .addHelpText(
      'after',
      `
Compare the fingerprint with the one in the agent's log, or give it with --key: then nothing is asked.

Examples:
  skerry cluster accept edge-1
  skerry cluster accept edge-1 --key SHA256:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU`,
    )
    .action(async (name: string, flags: AcceptFlags, command: Command) => {
      await inSession(terminal, command, async (session) => {
        const objects = session.objects(clusters);
        const cluster = await objects.get(name);
        const key = keyToAccept(cluster, flags.key);
        if (
          cluster.spec.agent?.key !== key &&
          (flags.key === undefined || cluster.spec.agent?.key !== undefined)
        )
          await session.confirm(acceptQuestion(cluster, key, terminal.now()));
        const { object } = await objects.change(name, () => ({ spec: { agent: { key } } }));
        session.print(object, () => `the agent with key ${key} is that of cluster ${name}`);
      });
    });
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

export function revokeCommand(terminal: Terminal): Command {
  return withYes(withProject(new Command('revoke')))
    .description('lock the agent of a cluster out, at once')
    .argument('<name>', 'of the cluster')
    .addHelpText('after', '\nWhat runs in the cluster stays.\n\nExample:\n  skerry cluster revoke edge-1')
    .action(async (name: string, _flags: ProjectOptions, command: Command) => {
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
    });
}

function parseKey(text: string): string {
  if (!KeyFingerprint.safeParse(text).success)
    throw new InvalidArgumentError('a fingerprint as SHA256: and 43 characters');
  return text;
}
