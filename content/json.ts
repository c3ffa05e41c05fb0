/** The value of a JSON text from outside, or undefined when it is none; a schema says what it should be. */
export function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
