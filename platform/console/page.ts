import { NONCE_PLACE } from '../hub/console/nonce-place.ts';

/** The page that everything is shown in. */
export function pageOf({ scripts, style }: { scripts: readonly string[]; style: string }): string {
  const [entry, ...others] = scripts;
  const preloads = others.map((path) => `<link rel="modulepreload" href="/ui/${path}">`);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="csp-nonce" nonce="${NONCE_PLACE}">
<title>Skerry</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="/ui/${style}">
${preloads.join('\n')}
<script type="module" src="/ui/${entry}"></script>
</head>
<body>
<div id="console"></div>
<noscript>The console needs JavaScript. Everything that it does can also be done with the command <code>skerry</code>.</noscript>
</body>
</html>
`;
}
