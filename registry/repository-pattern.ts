/**
 * Names repositories: a repository name in which `*` stands for any run of characters within one path component, and
 * `**`, as a component of its own, for one component or more. `team/*` is `team/app` and not `team/app/x`; `team/**` is
 * both, and not `team` itself; `**` is every repository.
 */
export interface RepositoryPattern {
  readonly text: string;
  readonly components: readonly string[];
}

const COMPONENT = /^(?:\*\*|(?!.*\*\*)[a-z0-9._*-]+)$/;
const MAX_LENGTH = 255;

/** Undefined when the text is no pattern that a repository name could fit. */
export function parseRepositoryPattern(text: string): RepositoryPattern | undefined {
  const components = text.split('/');
  const sound = text.length <= MAX_LENGTH && components.every((component) => COMPONENT.test(component));
  return sound ? { text, components } : undefined;
}

export function matchesRepository({ components }: RepositoryPattern, repository: string): boolean {
  // `**` is one component that is there for sure, and any number more.
  const wanted = components.flatMap((component) => (component === '**' ? ['*', '**'] : [component]));
  return fits(wanted, repository.split('/'), '**', (pattern, name) =>
    fits([...pattern], [...name], '*', (a, b) => a === b),
  );
}

/** Whether a sequence fits a pattern in which `wild` stands for any run of items. Never more than pattern × items steps. */
function fits(
  pattern: readonly string[],
  items: readonly string[],
  wild: string,
  isSame: (pattern: string, item: string) => boolean,
): boolean {
  let at = 0;
  let retry: { at: number; item: number } | undefined;
  for (let item = 0; item < items.length; ) {
    const wanted = pattern[at];
    if (wanted === wild) retry = { at: ++at, item };
    else if (wanted !== undefined && isSame(wanted, items[item] ?? '')) {
      at++;
      item++;
    } else if (retry !== undefined) {
      // The last wild card takes one item more, and the rest is tried again from there.
      retry = { at: retry.at, item: retry.item + 1 };
      ({ at, item } = retry);
    } else return false;
  }
  return pattern.slice(at).every((rest) => rest === wild);
}
