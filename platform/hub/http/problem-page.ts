import type { Problem } from './problem.ts';

export const PAGE_TYPE = 'text/html; charset=utf-8';
/** Nothing is loaded, run or framed. */
export const PAGE_HEADERS = {
  'content-security-policy':
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'referrer-policy': 'no-referrer',
};

/** A problem for somebody in a browser who has no console to show it. */
export function problemPage({ title, detail, remedy, code, subject }: Problem): string {
  const said = detail === undefined ? subject : `${subject}: ${detail}`;
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${escaped(code)}</title></head>
<body>
<h1>${escaped(title)}</h1>
<p>${escaped(said)}</p>
<p>${escaped(remedy)}</p>
<p><a href="/auth/login">Sign in again</a> &middot; <a href="/ui/">Back</a></p>
<p><code>${escaped(code)}</code></p>
</body>
</html>
`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
