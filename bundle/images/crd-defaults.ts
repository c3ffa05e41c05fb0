import type { ImageFinding } from '../../apply/images/find-images.ts';
import { likelihoodOf } from '../../apply/images/likelihood.ts';

const FIELD = /^([ \t]*)["']?([\w.-]+)["']?:[ \t]*(.*)$/;

/**
 * Images that a CRD's schema has as defaults: what an operator starts where nobody says otherwise. The text of the CRD
 * is read line by line, since CRDs are long and reading YAML is slow.
 */
export function imagesInCrd(text: string): ImageFinding[] {
  if (!/\bdefault:[ \t]*["']?[a-z0-9.-]+[/:]/.test(text)) return [];
  const found: ImageFinding[] = [];
  const above: { indent: number; key: string }[] = [];
  for (const line of text.split('\n')) {
    const [, lead = '', key = '', value = ''] = FIELD.exec(line) ?? [];
    if (key === '') continue;
    while ((above.at(-1)?.indent ?? -1) >= lead.length) above.pop();
    const reference = value.replace(/^["']|["']?[ \t]*$/g, '');
    if (key === 'default' && likelihoodOf(reference, { key: above.at(-1)?.key, whole: true }) === 'likely') {
      const path = [...above.map((each) => each.key), key].join('.');
      found.push({
        reference,
        certainty: 'likely',
        object: `CustomResourceDefinition ${nameIn(text)}`,
        path,
      });
    }
    above.push({ indent: lead.length, key });
  }
  return found;
}

function nameIn(text: string): string {
  return /^[ \t]+name:[ \t]*["']?([a-z0-9-]+(?:\.[a-z0-9-]+)+)["']?[ \t]*$/m.exec(text)?.[1] ?? '';
}
