/**
 * Whether one resourceVersion of a kind is later than another. They are decimal numbers that grow (Kubernetes API
 * concepts, "Resource versions"; comparing them is promised since Kubernetes 1.35, and holds on etcd before). One
 * that is no number is later than none.
 */
export function isLater(version: string, other: string): boolean {
  if (!/^\d+$/.test(version) || !/^\d+$/.test(other)) return false;
  return BigInt(version) > BigInt(other);
}
