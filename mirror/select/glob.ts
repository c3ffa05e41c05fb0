/** Why a text is no pattern of repositories; undefined when it is one. */
export function globProblem(text: string): string | undefined {
  return /^[a-z0-9._/*-]+$/.test(text) && !/\*{3}/.test(text)
    ? undefined
    : 'a repository, or a pattern with * (within a part of the name) and ** (across parts)';
}

/** True for what can only be found by asking for the list of all repositories. */
export function isPattern(glob: string): boolean {
  return glob.includes('*');
}

/** Whether a name fits a pattern: `*` stands for anything but a slash, `**` for anything. */
export function matchesGlob(glob: string, name: string): boolean {
  return expressionOf(glob).test(name);
}

const known = new Map<string, RegExp>();

function expressionOf(glob: string): RegExp {
  const expression =
    known.get(glob) ??
    new RegExp(
      `^${glob
        .split(/(\*+)/)
        .map((part) => (part === '**' ? '.*' : part === '*' ? '[^/]*' : RegExp.escape(part)))
        .join('')}$`,
    );
  if (known.size < 10_000) known.set(glob, expression);
  return expression;
}
