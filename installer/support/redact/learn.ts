/** Names of what is often no secret itself, but the name of one, or is new each time. */
const NOT_OF =
  /(?:secret|auth|authorization|sig|signature|session(?:[-_]?id)?|cookie|data|text)s?["'\\\s:=,]*$/i;

/**
 * The value that stood under the name of a secret, where it is to be taken out elsewhere too: what one program calls a
 * password another may print without a name. Undefined for what may be an ordinary word or the name of something.
 */
export function learnable(name: string, value: string): string | undefined {
  const bare = value.replace(/^["']|["']$/g, '');
  const isTelling = bare.length >= 8 && bare.length <= 1000 && /\d/.test(bare) && /[A-Za-z]/.test(bare);
  if (!isTelling || NOT_OF.test(name)) return undefined;
  // What JSON would write in another way can't be looked for in it, and a digest or an address is no secret.
  return /^[^\s"'\\[\]]+$/.test(bare) && !/sha256:|:\/\//.test(bare) ? bare : undefined;
}
