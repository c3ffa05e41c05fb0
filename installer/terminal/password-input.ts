import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { installerError } from '../errors.ts';
import { canAsk } from './confirm.ts';
import type { Console } from './console.ts';

/** Longer ones are mistakes: a file given instead of a password. */
const MAX_BYTES = 4096;

/**
 * A new password: asked for twice where there is a person, without showing it, and otherwise read from standard input
 * to its end, without the line feed there. Never an argument, which others on the machine could read. Throws USAGE.
 */
export async function readNewPassword(console: Console): Promise<string> {
  const password = canAsk(console) ? await askTwice(console) : await readAll(console);
  if (password === '') throw refused('the password is empty');
  return password;
}

async function readAll({ stdin }: Console): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    const bytes = Buffer.from(chunk);
    chunks.push(bytes);
    size += bytes.byteLength;
    if (size > MAX_BYTES) throw refused(`more than ${MAX_BYTES} bytes`);
  }
  const text = Buffer.concat(chunks)
    .toString('utf8')
    .replace(/\r?\n$/, '');
  if (/[\r\n]/.test(text)) throw refused('more than one line');
  return text;
}

async function askTwice(console: Console): Promise<string> {
  const [first, second] = [await ask(console, 'Password: '), await ask(console, 'Once more: ')];
  if (first === second) return first;
  throw refused('the two are not the same');
}

async function ask({ stdin, stderr }: Console, question: string): Promise<string> {
  stderr.write(question);
  // Readline does the editing, and what it would show goes nowhere.
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input: stdin, output: nowhere, terminal: true });
  const stopped = new AbortController();
  lines.on('SIGINT', () => stopped.abort());
  try {
    return await lines.question('', { signal: stopped.signal });
  } catch (cause) {
    throw installerError('INTERRUPTED', { subject: 'password', cause });
  } finally {
    lines.close();
    stderr.write('\n');
  }
}

function refused(detail: string) {
  return installerError('USAGE', {
    subject: 'the password on standard input',
    detail,
    remedy: 'Give the password on one line of standard input.',
  });
}
