import { stripVTControlCharacters } from 'node:util';

/** What a machine wrote to its console, as it may be kept and shown: the end of it, plain, and without what lets in. */
export function consoleText(raw: string, length: number): string {
  const plain = stripVTControlCharacters(raw).replace(/\r\n?/g, '\n').replace(CONTROL, '');
  const kept = SECRETS.reduce((text, [pattern, instead]) => text.replace(pattern, instead), plain);
  const trimmed = kept.trimEnd();
  if (trimmed.length <= length) return trimmed;
  const end = trimmed.slice(-length);
  // Not from the midst of a line.
  const line = end.indexOf('\n');
  return line === -1 ? end : end.slice(line + 1);
}

const CONTROL = /(?![\n\t])\p{Cc}/gu;

const SECRETS: readonly (readonly [RegExp, string])[] = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, '(a private key)'],
  // Of kubeadm: a bootstrap token, and the key that certificates are uploaded with.
  [/\b[a-z0-9]{6}\.[a-z0-9]{16}\b/g, '(a token)'],
  [/(--certificate-key[ =])[0-9a-f]{64}/g, '$1(a key)'],
  [/\b(password|passwd|token|secret)(["']?\s*[:=]\s*)("[^"\n]*"|'[^'\n]*'|[^\s"',]+)/gi, '$1$2(left out)'],
];
