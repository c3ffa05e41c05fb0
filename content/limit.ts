/**
 * Runs `work` over `items`, at most `width` at a time and at least one, results in the order of the items. The first
 * failure stops new work from starting, waits for what runs, and is thrown.
 */
export async function mapLimited<T, R>(
  items: Iterable<T>,
  width: number,
  work: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const all = [...items];
  const queue = all.entries();
  const failures: unknown[] = [];
  const worker = async () => {
    for (const [index, item] of queue) {
      if (failures.length > 0) return;
      try {
        results[index] = await work(item, index);
      } catch (error) {
        failures.push(error);
      }
    }
  };
  // A width of 0 or less would do nothing at all and call it success.
  const workers = Math.min(all.length, Math.max(1, width || 1));
  await Promise.all(Array.from({ length: workers }, worker));
  if (failures.length > 0) throw failures[0];
  return results;
}
