import type { KubeObject } from '../object.ts';

/** Whether label and field selectors fit; of fields, the name and that of events' objects. */
export function matches(object: KubeObject, labels: string, fields: string): boolean {
  const { labels: own = {}, name } = object.metadata;
  const byLabels = split(labels).every((term) => {
    const set = /^(\S+) in \((.*)\)$/.exec(term);
    if (set !== null) return (set[2] ?? '').split(',').includes(own[set[1] ?? ''] ?? '');
    const [key = '', value] = term.split(/={1,2}/);
    return value === undefined ? key in own : own[key] === value;
  });
  return byLabels && split(fields).every((term) => term === `metadata.name=${name}`);
}

// Commas stand between terms, and within the parentheses of a set.
function split(selector: string): string[] {
  return selector.split(/,(?![^(]*\))/).filter((term) => term !== '');
}
