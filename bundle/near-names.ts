/** Names that are reported at most. */
const MOST = 5;

/** Those of many names that are most like the one that was wanted, for a message. */
export function nearest(names: readonly string[], wanted: string): string {
  const sorted = [...new Set(names)]
    .map((name) => ({ name, likeness: likeness(name, wanted) }))
    .sort((a, b) => b.likeness - a.likeness || (a.name < b.name ? -1 : 1));
  const told = sorted.slice(0, MOST).map(({ name }) => name);
  const more = sorted.length - told.length;
  return `${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

// Parts that two names have in common count more than letters: `acme/app:1.0` is near `other.example/acme/app:1.1`.
function likeness(name: string, wanted: string): number {
  const parts = new Set(wanted.split(/[/:@.-]/));
  const common = name.split(/[/:@.-]/).filter((part) => parts.has(part)).length;
  let letters = 0;
  while (letters < name.length && name[letters] === wanted[letters]) letters++;
  return common + letters / (wanted.length + 1);
}
