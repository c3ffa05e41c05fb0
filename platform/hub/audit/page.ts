import { textAt } from '../../../apply/json.ts';
import type { KubeObject } from '../../../apply/object.ts';
import { CHAIN_START, hashOf } from '../../../content/chain/chain.ts';
import { tryJson } from '../../../content/json.ts';
import { AuditLine } from './audit-line.ts';

/** Bytes of lines in a page: with metadata it stays under 64 KiB. */
export const MAX_PAGE_BYTES = 48 * 1024;
const LABEL = 'skerry.dev/audit';
export const PAGE_SELECTOR = `${LABEL}=hub`;
const KEY = 'audit.jsonl';
const NAME = /^skerry-audit-(\d{6})$/;

/** A part of the hub's audit, as one ConfigMap holds it. */
export interface Page {
  readonly number: number;
  readonly text: string;
  /** Nothing is added any more: the next page goes on. */
  readonly sealed: boolean;
  readonly resourceVersion: string | undefined;
}

export function pageName(number: number): string {
  return `skerry-audit-${String(number).padStart(6, '0')}`;
}

/** Undefined where the object is no page. */
export function pageOf(object: KubeObject): Page | undefined {
  const number = Number(NAME.exec(object.metadata.name)?.[1] ?? 0);
  if (number < 1) return undefined;
  const { resourceVersion } = object.metadata;
  const sealed = textAt(object, 'data', 'sealed') === 'true';
  return { number, text: textAt(object, 'data', KEY) ?? '', sealed, resourceVersion };
}

export function pageObject({ number, text, sealed, resourceVersion }: Page, namespace: string): KubeObject {
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: {
      name: pageName(number),
      namespace,
      labels: { 'app.kubernetes.io/managed-by': 'skerry-hub', [LABEL]: 'hub' },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    data: { [KEY]: text, sealed: String(sealed) },
  };
}

function linesOf({ text }: Pick<Page, 'text'>): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** What the next line is chained to. */
export function headOf(page: Pick<Page, 'text'>): string {
  const last = linesOf(page).at(-1);
  return last === undefined ? CHAIN_START : hashOf(last);
}

/** The lines of a page, narrowed; one that somebody else wrote is left out here and found by the check of the chain. */
export function entriesOf(page: Pick<Page, 'text'>): AuditLine[] {
  return linesOf(page).flatMap((line) => AuditLine.safeParse(tryJson(line)).data ?? []);
}
