import { CHAIN_START } from '../../../content/chain/chain.ts';
import { type ChainVerification, verifyChain } from '../../../content/chain/verify-chain.ts';
import { registryError } from '../../../registry/errors.ts';
import { installerError } from '../../errors.ts';
import { type Console, type OutputFormat, print } from '../../terminal/console.ts';
import type { VerifyOptions } from './audit.ts';
import { auditFileOf } from './store-files.ts';

export async function runAuditVerify(
  console: Console,
  files: readonly string[],
  { store, contains }: VerifyOptions,
  output: OutputFormat,
): Promise<void> {
  const folder = store ?? (files.length === 0 ? console.env.SKERRY_STORE : undefined);
  const paths = folder ? [...files, auditFileOf(folder)] : files;
  if (paths.length === 0) {
    throw installerError('USAGE', {
      subject: 'skerry registry audit verify',
      detail: 'give files, --store or both, or name the store in SKERRY_STORE',
    });
  }
  if (contains !== undefined && !isHead(contains)) {
    throw installerError('USAGE', {
      subject: '--contains',
      detail: 'a head has 64 hexadecimal digits, which are not all 0',
    });
  }
  const found = await verifyChain(paths, contains).catch((cause: unknown) => {
    throw registryError('REGISTRY_AUDIT_UNUSABLE', {
      subject: paths.join(', '),
      remedy: 'Give files that are there and may be read.',
      cause,
    });
  });
  const { records, broken } = found;
  if (broken !== undefined) {
    throw registryError('REGISTRY_AUDIT_BROKEN', {
      subject: broken.file,
      detail: `line ${broken.line}: ${broken.why}`,
    });
  }
  if (records === 0) throw registryError('REGISTRY_AUDIT_EMPTY', { subject: paths.join(', ') });
  const { head, cuts, unfinished, after, empty } = found;
  print(
    console,
    output,
    {
      files: paths,
      lines: records,
      head,
      after,
      cut: cuts.first,
      cutCount: cuts.count,
      unfinished,
      empty,
      warnings: warningsOf(found),
    },
    () =>
      [
        `lines   ${records}, all as they were written`,
        `head    ${head}`,
        ...warningsOf(found).map((warning) => `note    ${warning}`),
      ].join('\n'),
  );
}

function isHead(text: string): boolean {
  return /^[0-9a-f]{64}$/.test(text) && text !== CHAIN_START;
}

/** What is no proof of a change, and should be known all the same. */
function warningsOf({ cuts, unfinished, after, empty }: ChainVerification): string[] {
  const more = cuts.count - cuts.first.length;
  return [
    ...(after === undefined
      ? []
      : [`begins after an earlier file, whose head was ${after}: give that first to have it checked too`]),
    ...cuts.first.map(
      ({ file, line, noticed }) =>
        `${file}, line ${line}, was cut off, as by a power cut or a full disk; the registry noticed ${noticed === undefined ? 'later' : `at ${noticed}`}`,
    ),
    ...(more > 0 ? [`${more} more lines were cut off like that`] : []),
    ...(unfinished === undefined
      ? []
      : [
          `${unfinished.file}, line ${unfinished.line}, is cut off and says nothing: a power cut or a full disk does that, and so does whoever cuts off the end`,
        ]),
    ...empty.map((file) => `${file} holds no record`),
  ];
}
