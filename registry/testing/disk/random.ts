/** Numbers from 0 to 1 that look random and are the same for the same seed (Park and Miller's generator). */
export function randomOf(seed: number): () => number {
  let state = (seed % 2147483646) + 1;
  return () => {
    state = (state * 48271) % 2147483647;
    return state / 2147483647;
  };
}
