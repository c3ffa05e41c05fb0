/** A line of the audit as the chain has it. */
export interface AuditLine {
  readonly time: string;
  readonly id: string;
  readonly actor: string;
  readonly action: string;
  readonly subject: string;
  readonly result: string;
  readonly code?: string | undefined;
  readonly detail?: string | undefined;
  readonly request?: string | undefined;
  readonly prev: string;
}

/** Of a page, the latest first; a line that is none is left out, and found by the check of the chain. */
export function auditLines(text: string): AuditLine[] {
  return linesOf(text)
    .flatMap((line) => readLine(line) ?? [])
    .toReversed();
}

export function linesOf(text: string): string[] {
  return text.split('\n').filter((line) => line !== '');
}

/** Lines in which all of some words stand, wherever. */
export function filterLines(lines: readonly AuditLine[], words: string): AuditLine[] {
  const wanted = words
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  return lines.filter((line) => {
    const text = [line.actor, line.action, line.subject, line.result, line.code, line.detail]
      .join(' ')
      .toLowerCase();
    return wanted.every((word) => text.includes(word));
  });
}

function readLine(line: string): AuditLine | undefined {
  try {
    const read: AuditLine | null = JSON.parse(line);
    return typeof read?.time === 'string' && typeof read.action === 'string' ? read : undefined;
  } catch {
    return undefined;
  }
}
