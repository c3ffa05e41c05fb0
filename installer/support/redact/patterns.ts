import { isHarmless, SENSITIVE_WORDS } from './sensitive-name.ts';

/** One kind of text that must not leave, and what becomes of it. */
export interface Pattern {
  /** For the summary. */
  readonly reason: string;
  readonly find: RegExp;
  /** The groups are those of `find`; undefined leaves the match as it is. */
  readonly replace: (match: string, groups: readonly (string | undefined)[]) => string | undefined;
  /** Under which name the value stood, where there was one. */
  readonly value?: (groups: readonly (string | undefined)[]) => {
    readonly name: string;
    readonly value: string;
  };
}

const NAME = `[A-Za-z0-9_.-]{0,80}?${SENSITIVE_WORDS}`;

/** In the order in which they are looked for: what is well marked first, guesses last. */
export const PATTERNS: readonly Pattern[] = [
  whole(
    'private key',
    /-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----[\s\S]{0,20000}?(?:-----END [A-Z0-9 ]+-----|$(?![\s\S]))/g,
  ),
  whole('age key', /AGE-SECRET-KEY-1[A-Z0-9]{20,}/g),
  {
    reason: 'base64 of a private key',
    find: /LS0tLS1CRUdJTi[A-Za-z0-9+/=_-]{20,}/g,
    replace: (match) =>
      Buffer.from(match, 'base64').toString('latin1').includes('PRIVATE KEY')
        ? mark('base64 of a private key')
        : undefined,
  },
  whole('JSON web token', /\beyJ[A-Za-z0-9_-]{6,4000}(?:\.[A-Za-z0-9_-]{0,8000}){2,4}/g),
  whole('base64 of JSON', /\beyJ[A-Za-z0-9+/_-]{24,}={0,2}/g),
  after(
    'header',
    /\b((?:proxy-)?authorization|set-cookie|cookie|x-api-key|x-auth-token|x-vault-token)((?:\\{0,7}["'])?\s{0,9}:\s{0,9}(?:\\{0,7}["'])?)([^\r\n"'\\]+)/gi,
  ),
  {
    reason: 'login',
    find: /\b(Bearer|Basic|Negotiate)(\s+)([A-Za-z0-9+/=._~-]{6,})/g,
    replace: (_, [scheme, gap]) => `${scheme}${gap}${mark('login')}`,
  },
  {
    reason: 'login in an address',
    find: /\b([a-z][a-z0-9+.-]{0,20}:\/\/)([^\s"'<>@/:]{0,300}:[^\s"'<>@]{0,1000}|[^\s"'<>@/?#:]{1,1000})@(?!sha(?:256|512):)/gi,
    replace: (_, [scheme]) => `${scheme}${mark('login')}@`,
  },
  whole('key of a cloud', /\b(?:AKIA|ASIA)[A-Z0-9]{16}\b/g),
  whole(
    'token of a vendor',
    /\b(?:gh[oprsu]_[A-Za-z0-9]{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|xox[abeprs]-[\w-]{10,}|AIza[\w-]{30,}|hv[sbr]\.[\w-]{20,}|npm_[A-Za-z0-9]{30,}|dckr_pat_[\w-]{16,}|sk-[\w-]{20,}|pypi-[\w-]{30,})/g,
  ),
  // A file of logins (netrc), and programs that take them without a name.
  {
    reason: 'login',
    find: /\b(login[ \t]+\S+\s+password[ \t]+)(\S+)/g,
    replace: (_, [before]) => `${before}${mark('login')}`,
  },
  {
    reason: 'login',
    find: /(\s(?:-u|--user|--proxy-user|--creds)[ =])(["']?[^\s"':]+):([^\s"']+)/g,
    replace: (_, [before, user]) => `${before}${user}:${mark('login')}`,
  },
  {
    reason: 'login',
    find: /\b(sshpass[ \t]+-p[ \t]*|IDENTIFIED[ \t]+BY[ \t]+)("[^"\n]*"|'[^'\n]*'|\S+)/gi,
    replace: (_, [before]) => `${before}${mark('login')}`,
  },
  {
    reason: 'token of a vendor',
    find: /\b(hooks\.slack\.com\/(?:services|workflows)\/|discord(?:app)?\.com\/api\/webhooks\/|webhook\.office\.com\/)[^\s"'<>\\]+/g,
    replace: (_, [host]) => `${host}${mark('token of a vendor')}`,
  },
  whole('password hash', /\{S?SHA(?:256|512)?\}[A-Za-z0-9+/=]{20,}/g),
  whole('password hash', /\$(?:2[abxy]|argon2[a-z]*|scrypt|y|5|6|7|apr1)\$[^\s"'\\,;]{12,}/g),
  // A block of YAML: all that is indented deeper.
  {
    reason: 'named secret',
    find: new RegExp(
      `^([ \\t]*)(-[ \\t]+)?(${NAME}):[ \\t]*[|>][-+0-9]*[ \\t]*\\n(?:\\1[ \\t]+[^\\n]*(?:\\n|$))+`,
      'gim',
    ),
    replace: (_, [indent = '', dash = '', name = '']) => `${indent}${dash}${name}: ${mark('named secret')}\n`,
  },
  // "password": "…", also within JSON that is itself in a text.
  named(
    new RegExp(
      `(\\\\{0,7}["'])(${NAME})\\1(\\s{0,20}[:=]\\s{0,20})\\1((?:(?!\\1)[\\s\\S]){1,10000}?)\\1`,
      'gi',
    ),
    ([quote, name, sign]) => [`${quote}${name}${quote}${sign}${quote}`, quote ?? ''],
  ),
  // {"name": "DB_PASSWORD", "value": "…"}: a variable, a header.
  named(
    new RegExp(
      `(\\\\{0,7}["'])((?:name|key)\\1\\s{0,9}:\\s{0,9}\\1${NAME}\\1\\s{0,20},\\s{0,20}\\1value\\1\\s{0,9}:\\s{0,9})\\1((?:(?!\\1)[\\s\\S]){1,10000}?)\\1`,
      'gi',
    ),
    ([quote, before]) => [`${quote}${before}${quote}`, quote ?? ''],
    2,
  ),
  // --password …, --token=…
  named(
    new RegExp(
      `(?<![\\w-])(--?${NAME}(?:=|\\s{1,20}|["'\\\\]{1,8}\\s{0,20},\\s{0,20}["'\\\\]{1,8}))(?!-)((?:"[^"]*"|'[^']*'|[^\\s"',\\\\\\]]+))`,
      'gi',
    ),
    ([flag]) => [flag ?? '', ''],
    1,
  ),
  // password=…, password: …, ?token=…&
  named(
    new RegExp(
      `(?<![\\w-])(${NAME})(["'\\\\]{0,8}\\s{0,20}[:=]\\s{0,20})("[^"\\n]{0,4000}"|'[^'\\n]{0,4000}'|(?:[^\\s"'&\\\\]|\\\\(?!["'nrt\\\\]))+)`,
      'gi',
    ),
    ([name, sign]) => [`${name}${sign}`, ''],
  ),
  {
    reason: 'named secret',
    find: /\b(passw(?:or)?d|passphrase|token|secret)(\s{1,9}(?:is|was)\s{1,9})(\S+)/gi,
    replace: (_, [name, verb]) => `${name}${verb}${mark('named secret')}`,
  },
  {
    reason: 'looks like a key',
    find: /(?<![A-Za-z0-9+/_-])(?<!SHA256:|sha256-|sha384-|sha512-)[A-Za-z0-9+/_-]{40,}={0,2}(?![A-Za-z0-9+/_-])/g,
    replace: (match) => (looksRandom(match) ? mark('looks like a key') : undefined),
  },
];

export function mark(reason: string): string {
  return `[redacted: ${reason}]`;
}

/** `undefined` where the value tells nothing, or is taken out already. */
function named(
  find: RegExp,
  around: (groups: readonly (string | undefined)[]) => readonly [before: string, after: string],
  valueAt?: number,
): Pattern {
  return {
    reason: 'named secret',
    find,
    value: (groups) => ({
      name: groups.slice(0, valueAt ?? -1).join(''),
      value: groups.at(valueAt ?? -1) ?? '',
    }),
    replace: (_, groups) => {
      const value = groups.at(valueAt ?? -1) ?? '';
      if (isHarmless(value) || /^["']?\[redacted/.test(value) || value.startsWith('[left out'))
        return undefined;
      const [before, after] = around(groups);
      return `${before}${mark('named secret')}${after}`;
    },
  };
}

function whole(reason: string, find: RegExp): Pattern {
  return { reason, find, replace: () => mark(reason) };
}

function after(reason: string, find: RegExp): Pattern {
  return { reason, find, replace: (_, [name, sign]) => `${name}${sign}${mark(reason)}` };
}

/** Letters of both cases and digits in a mix that words and names do not have. */
function looksRandom(text: string): boolean {
  if (!/[a-z]/.test(text) || !/[A-Z]/.test(text) || !/\d/.test(text)) return false;
  const counts = new Map<string, number>();
  for (const letter of text) counts.set(letter, (counts.get(letter) ?? 0) + 1);
  const bits = [...counts.values()].reduce(
    (sum, count) => sum - (count / text.length) * Math.log2(count / text.length),
    0,
  );
  return bits > 4;
}
