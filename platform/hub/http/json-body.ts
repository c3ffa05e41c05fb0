import { platformError } from '../../errors.ts';

const MAX_DEPTH = 64;

/** Reads a body as JSON. Throws REQUEST_INVALID, also where a name would reach into an object's prototype. */
export function parseJsonBody(text: string): unknown {
  if (depthOf(text) > MAX_DEPTH) throw refusal(`nested more than ${MAX_DEPTH} deep`);
  try {
    return JSON.parse(text, (key, value: unknown) => {
      if (key === '__proto__') throw new SyntaxError('a member is named __proto__');
      return value;
    });
  } catch (error) {
    throw refusal(error instanceof Error ? error.message : String(error));
  }
}

function refusal(detail: string) {
  return platformError('REQUEST_INVALID', { subject: 'body', detail });
}

// Brackets in texts count for nothing; JSON has no other place where they could stand.
function depthOf(text: string): number {
  let depth = 0;
  let most = 0;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === '"') quoted = !quoted;
    else if (quoted && char === '\\') index++;
    else if (!quoted && (char === '[' || char === '{')) most = Math.max(most, ++depth);
    else if (!quoted && (char === ']' || char === '}')) depth--;
  }
  return most;
}
