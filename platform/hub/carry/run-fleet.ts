import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { messageOf } from '../../../content/error.ts';
import { tryJson } from '../../../content/json.ts';
import { MAX_AGENT_FILE_BYTES, openAgentFile } from '../../desired/carry/agent-file.ts';
import { readHubFile } from '../../desired/carry/hub-file.ts';
import { openNamedRegistries } from '../../desired/carry/named-registries.ts';
import { platformError } from '../../errors.ts';
import { ExportAnswer } from './export-answer.ts';
import type { CarryHub, ExportFlags, FleetFilesContext } from './fleet-commands.ts';
import { projectOf, TakenFile } from './take-agent-file.ts';
import { writeStick } from './write-stick.ts';

export async function runFleetExport(
  context: FleetFilesContext,
  names: string[],
  flags: ExportFlags,
  command: Command,
): Promise<void> {
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
}

export async function runFleetImportReport(
  context: FleetFilesContext,
  files: string[],
  command: Command,
): Promise<void> {
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
