import type { Command } from 'commander';
import { CHAIN_START } from '../../../content/chain/chain.ts';
import { type ChainVerification, verifyChain } from '../../../content/chain/verify-chain.ts';
import { messageOf } from '../../../content/error.ts';
import { platformError } from '../../errors.ts';
import type { AuditExportContext } from './audit-export.ts';

export async function runAuditVerify(
  context: AuditExportContext,
  files: string[],
  { contains }: { contains?: string },
  command: Command,
): Promise<void> {
  const found = await verifyAuditFiles(files, contains);
  const { records, head, after } = found;
  const json = command.optsWithGlobals<{ output?: string }>().output === 'json';
  const text = [
    `lines   ${records}, all as they were written`,
    `head    ${head}`,
    ...(after === undefined ? [] : [`note    begins after an earlier line, ${after}`]),
  ].join('\n');
  context.stdout.write(`${json ? JSON.stringify({ files, lines: records, head, after }, null, 2) : text}\n`);
}

/** Throws AUDIT_FILE_UNUSABLE, AUDIT_BROKEN, AUDIT_EMPTY. */
export async function verifyAuditFiles(
  files: readonly string[],
  contains?: string,
): Promise<ChainVerification> {
  if (contains !== undefined && (!/^[0-9a-f]{64}$/.test(contains) || contains === CHAIN_START))
    throw platformError('AUDIT_FILE_UNUSABLE', {
      subject: '--contains',
      detail: 'a head has 64 hexadecimal digits, which are not all 0',
      remedy: 'Give the head as an earlier check printed it.',
    });
  const found = await verifyChain(files, contains).catch((cause: unknown) => {
    throw platformError('AUDIT_FILE_UNUSABLE', {
      subject: files.join(', '),
      detail: messageOf(cause),
      cause,
    });
  });
  const { records, broken, unfinished } = found;
  if (broken !== undefined)
    throw platformError('AUDIT_BROKEN', {
      subject: broken.file,
      detail: `line ${broken.line}: ${broken.why}`,
    });
  if (unfinished !== undefined)
    throw platformError('AUDIT_BROKEN', {
      subject: unfinished.file,
      detail: `line ${unfinished.line} is cut off`,
    });
  if (records === 0) throw platformError('AUDIT_EMPTY', { subject: files.join(', ') });
  return found;
}
