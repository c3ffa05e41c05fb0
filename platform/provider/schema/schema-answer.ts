/** Base64 of what `schemaBytes` gives, put here by scripts/build.ts: each command of a user asks for it. */
declare const PROVIDER_SCHEMA: string | undefined;

/** The answer to GetProviderSchema, as it is on the wire. */
export async function schemaAnswer(): Promise<Uint8Array> {
  if (typeof PROVIDER_SCHEMA !== 'undefined') return Buffer.from(PROVIDER_SCHEMA, 'base64');
  const { schemaBytes } = await import('./schema-bytes.ts');
  return schemaBytes();
}
