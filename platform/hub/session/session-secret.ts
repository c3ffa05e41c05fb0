import { changeKeptSecret, type KeptSecret, type Texts } from '../kept-secret.ts';

/** The Secret with keys of sessions, and of those that have ended. */
export type SessionSecret = KeptSecret;

const TROUBLES = { missing: 'SESSION_SECRET_MISSING', contested: 'SESSION_SECRET_CONTESTED' } as const;

/** See changeKeptSecret. Throws SESSION_SECRET_MISSING, SESSION_SECRET_CONTESTED and the CLUSTER_ codes. */
export async function changeSessionSecret(
  secret: SessionSecret,
  change: (texts: Texts) => Texts,
): Promise<Texts> {
  return await changeKeptSecret(secret, TROUBLES, async (before) => {
    const texts = change(before);
    return { texts, value: texts };
  });
}
