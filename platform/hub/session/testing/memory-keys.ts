import { randomBytes } from 'node:crypto';
import { openText, sealText } from '../../../oidc/sealed.ts';

/** The keys of one hub that keeps them nowhere. */
export function memoryKeys() {
  const key = { id: 1, key: randomBytes(32) };
  return {
    seal: (value: unknown, purpose: string) => sealText(value, purpose, key),
    open: async (text: string, purpose: string) => {
      const value = openText(text, purpose, key);
      return value === undefined ? undefined : { value, isFresh: true };
    },
  };
}
