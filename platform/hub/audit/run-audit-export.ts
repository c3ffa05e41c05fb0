import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { connectCluster } from '../../../apply/client/kube.ts';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import type { AuditExportContext, Flags } from './audit-export.ts';
import { AuditPage } from './audit-routes.ts';
import { PageStore } from './page-store.ts';

export async function runAuditExport(
  context: AuditExportContext,
  flags: Flags,
  command: Command,
): Promise<void> {
  const limit = AbortSignal.timeout(EXPORT_MS);
  if (flags.kubeconfig !== undefined) {
    await writePages(context, flags, await pagesInCluster(context, flags, limit));
    return;
  }
  await context.withHub(command, async (hub, signal) => {
    const ends = AbortSignal.any([signal, limit]);
    const ask = async (page: number) =>
      await hub.send({ method: 'GET', path: `/api/v1/audit?page=${page}` }, ends);
    await writePages(context, flags, await pagesOfHub(ask, hub.url));
  });
}

const EXPORT_MS = 120_000;

/** Far more than a hub keeps. */
const MAX_PAGES = 10_000;

async function pagesInCluster(
  { env }: AuditExportContext,
  { kubeconfig, namespace }: Flags,
  signal: AbortSignal,
): Promise<string[]> {
  const named = kubeconfig === true ? undefined : kubeconfig;
  const path = named ?? env.KUBECONFIG?.split(':').find(Boolean) ?? `${env.HOME ?? ''}/.kube/config`;
  const pages = await new PageStore(await connectCluster({ path }), namespace).list({ signal });
  return pages.map(({ text }) => text);
}

/** Page by page, in order; one that is begun meanwhile is the last. Throws HUB_ANSWER_INVALID and the hub's codes. */
export async function pagesOfHub(
  ask: (page: number) => Promise<unknown>,
  subject: string,
): Promise<string[]> {
  const pages: string[] = [];
  for (let next: number | undefined = 1; next !== undefined; ) {
    const read = AuditPage.safeParse(await ask(next));
    if (!read.success) throw platformError('HUB_ANSWER_INVALID', { subject, detail: 'no page of an audit' });
    const { page, lines }: { page: number; lines: string } = read.data;
    const following: number | undefined = read.data.next;
    if ((following !== undefined && following <= next) || pages.length >= MAX_PAGES)
      throw platformError('HUB_ANSWER_INVALID', { subject, detail: 'pages without an end' });
    if (page > 0) pages.push(lines);
    next = following;
  }
  return pages;
}

async function writePages(
  { stdout }: AuditExportContext,
  { outputFile, kubeconfig, namespace }: Flags,
  pages: readonly string[],
): Promise<void> {
  const subject = kubeconfig === undefined ? 'the hub' : namespace;
  if (pages.length === 0) throw platformError('AUDIT_EMPTY', { subject });
  // Never over an earlier one, which may be all that is left of older pages.
  await writeFile(outputFile, pages.join(''), { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
    throw platformError('AUDIT_FILE_UNUSABLE', { subject: outputFile, detail: messageOf(cause), cause });
  });
  stdout.write(`pages   ${pages.length}\nfile    ${outputFile}\n`);
}
