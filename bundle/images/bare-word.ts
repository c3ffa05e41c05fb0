/**
 * Whether an image is written as one word, without host, path, tag or digest. Some charts have containers with such a
 * word that is no image: an admission webhook puts one in its place when the pod is made (`image: auto`).
 */
export function isBareWord(image: string): boolean {
  return /^[a-z0-9]+(?:[._-]+[a-z0-9]+)*$/.test(image);
}
