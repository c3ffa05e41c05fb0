const MOST = 50;
const LONGEST = 1000;

/**
 * What helm warned of on stderr while it went on, without times and levels, each once: lines of level WARN and above,
 * those of any level that call themselves a warning, and those that are not logged but written.
 */
export function helmWarnings(stderr: string): string[] {
  const found = stderr.split('\n').flatMap((line) => {
    const logged = /(?:^|\s)level=(?<level>[A-Z]+)\S*\s+msg=(?<text>.*)$/.exec(line)?.groups;
    const text = logged === undefined ? /^\s*(?:warning:?\s.*)$/i.exec(line)?.[0] : logged.text;
    const isWarning =
      /^"?warning/i.test(text?.trim() ?? '') || logged?.level === 'WARN' || logged?.level === 'ERROR';
    return text === undefined || !isWarning ? [] : [unquoted(text.trim()).slice(0, LONGEST)];
  });
  return [...new Set(found)].slice(0, MOST);
}

function unquoted(text: string): string {
  const inner = /^"((?:[^"\\]|\\.)*)"$/.exec(text)?.[1];
  return inner === undefined ? text : inner.replace(/\\(.)/g, '$1');
}
