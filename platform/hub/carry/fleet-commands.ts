import { readFile } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { Command } from 'commander';
import { messageOf } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { MAX_AGENT_FILE_BYTES, openAgentFile } from '../../desired/carry/agent-file.ts';
import { readHubFile } from '../../desired/carry/hub-file.ts';
import {
  openNamedRegistries,
  type RegistryFlags,
  registryOptions,
} from '../../desired/carry/named-registries.ts';
import { platformError } from '../../errors.ts';
import { ExportAnswer } from './export-answer.ts';
import { projectOf, TakenFile } from './take-agent-file.ts';
import { writeStick } from './write-stick.ts';

/** A hub that somebody has logged in to. */
export interface CarryHub {
  readonly url: string;
  /** The project that is meant where none is named. */
  readonly project: () => string;
  /** Sends a request and gives its JSON. Throws the hub's codes. */
  readonly send: (
    request: { method: 'GET' | 'POST'; path: string; body?: unknown },
    signal: AbortSignal,
  ) => Promise<unknown>;
}

export interface FleetFilesContext {
  readonly stdout: Pick<Writable, 'write'>;
  readonly stderr: Pick<Writable, 'write'>;
  readonly env: NodeJS.ProcessEnv;
  readonly now: () => Date;
  /** Runs `work` with the hub of the login, until it is done or interrupted. */
  readonly withHub: (
    command: Command,
    work: (hub: CarryHub, signal: AbortSignal) => Promise<void>,
  ) => Promise<void>;
}

interface ExportFlags extends RegistryFlags {
  readonly to: string;
  readonly all?: boolean;
}

/** `skerry fleet export`: what a stick brings to clusters that no network reaches. */
export function fleetExportCommand(context: FleetFilesContext): Command {
  return registryOptions(new Command('export'), 'where the packs are')
    .description('write the envelopes of clusters and the content that they are missing into a folder')
    .argument('<clusters...>', 'clusters as NAME or PROJECT/NAME')
    .requiredOption('--to <folder>', 'the stick; what is there already stays')
    .option('--project <name>', 'of clusters that are named without one')
    .option('--all', 'all content that the envelopes need, also what the clusters should have')
    .action(async (names: string[], flags: ExportFlags, command: Command) => {
      await context.withHub(command, async (hub, signal) => {
        const registries = await openNamedRegistries(flags, context.env);
        try {
          const exported = [];
          for (const name of names) exported.push(await askFor(name, hub, signal));
          const result = await writeStick(exported, {
            folder: flags.to,
            hub: hub.url,
            storeOf: registries.of,
            all: flags.all === true,
            now: context.now(),
            signal,
          });
          for (const { project, cluster, number } of result.clusters)
            context.stdout.write(`${project}/${cluster}  envelope ${number}\n`);
          context.stdout.write(`copied  ${result.bytesCopied} bytes to ${flags.to}\n`);
        } finally {
          await registries.close();
        }
      });
    });
}

/** `skerry fleet import-report`: what a stick brings back. */
export function fleetImportReportCommand(context: FleetFilesContext): Command {
  return new Command('import-report')
    .description("bring an agent's report, events and requests from a file to the hub")
    .argument('<files...>', 'as "skerry report export" wrote them')
    .action(async (files: string[], _flags: object, command: Command) => {
      await context.withHub(command, async (hub, signal) => {
        for (const path of files) {
          const body = tryJson(await readLimited(path));
          // Seen here already, so that a damaged file is reported as such, by name.
          const project = projectOf(openAgentFile(body).file) ?? hub.project();
          const to = `/api/v1/projects/${encodeURIComponent(project)}/reports`;
          const taken = TakenFile.parse(await hub.send({ method: 'POST', path: to, body }, signal));
          context.stdout.write(`${lineOf(taken)}\n`);
          for (const { code, detail } of taken.refused)
            context.stderr.write(`${taken.project}/${taken.cluster}  refused ${code}: ${detail}\n`);
        }
      });
    });
}

function lineOf({ project, cluster, enroll, reportNumber, eventNumber }: TakenFile): string {
  const what =
    enroll === undefined
      ? `report ${reportNumber}, events up to ${eventNumber}`
      : enroll === 'waiting'
        ? 'asks to be its agent: accept its key, then export it'
        : 'its agent is accepted: export it';
  return `${project}/${cluster}  ${what}`;
}

async function askFor(text: string, hub: CarryHub, signal: AbortSignal) {
  const [first = '', second] = text.split('/');
  const [project, cluster] = second === undefined ? [hub.project(), first] : [first, second];
  const encode = encodeURIComponent;
  const path = `/api/v1/projects/${encode(project)}/clusters/${encode(cluster)}/export`;
  const answer = ExportAnswer.safeParse(await hub.send({ method: 'GET', path }, signal));
  if (!answer.success)
    throw platformError('HUB_FILE_INVALID', { subject: text, detail: 'as the hub gave it' });
  readHubFile(answer.data.file);
  return { project, cluster, answer: answer.data };
}

async function readLimited(path: string): Promise<string> {
  const bytes = await readFile(path).catch((cause: unknown) => {
    throw platformError('AGENT_FILE_INVALID', { subject: path, detail: messageOf(cause), cause });
  });
  if (bytes.byteLength <= MAX_AGENT_FILE_BYTES) return bytes.toString('utf8');
  throw platformError('AGENT_FILE_INVALID', {
    subject: path,
    detail: `larger than ${MAX_AGENT_FILE_BYTES} bytes`,
  });
}
