/** The versions that are in both of two ranges: each of the one's alternatives with each of the other's. */
export function bothRanges(one: string, other: string): string {
  if (one === '' || other === '') return '';
  return one
    .split('||')
    .flatMap((left) => other.split('||').map((right) => `${left.trim()} ${right.trim()}`.trim()))
    .join(' || ');
}
