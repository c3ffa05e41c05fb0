import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import { hasCode } from '../../content/bytes/blob-file.ts';
import { subjectOfTag } from '../../content/companion-tag.ts';
import { tryJson } from '../../content/json.ts';

const Line = z.looseObject({
  event: z.literal('request'),
  method: z.string(),
  path: z.string(),
  status: z.number(),
});

/** Requests in a log of the workstation's registry that it had no content for, each once. */
export async function missedRequests(path: string): Promise<{ requests: number; missed: string[] }> {
  const lines = (await readOrEmpty(path)).split('\n').flatMap((line) => {
    const parsed = Line.safeParse(tryJson(line));
    return parsed.success ? [parsed.data] : [];
  });
  const missed = lines
    .filter(({ status, path: asked }) => status === 404 && !isQuestion(asked))
    .map(({ method, path: asked }) => `${method} ${asked}`);
  return { requests: lines.length, missed: [...new Set(missed)] };
}

/** Whether there is a signature or a list of referrers is asked, and no is an answer. */
function isQuestion(path: string): boolean {
  const tag = decodeURIComponent(path.split('?')[0]?.split('/').at(-1) ?? '');
  return subjectOfTag(tag) !== undefined || path.includes('/referrers/');
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return '';
    throw error;
  }
}
