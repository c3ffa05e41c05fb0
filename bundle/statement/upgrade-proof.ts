import { z } from 'zod';
import type { Digest } from '../../content/digest.ts';
import { tryJson } from '../../content/json.ts';

const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1';
/** What this statement says: that a pair of releases was run up and down in a scratch cluster. */
export const UPGRADE_PROOF_TYPE = 'https://skerry.dev/upgrade-proof/v1';

const ReleaseName = z.object({ name: z.string(), version: z.string(), digest: z.string() });

const UpgradeProof = z.object({
  from: ReleaseName,
  to: ReleaseName,
  /** The program that ran it. */
  skerry: z.string(),
  kubernetes: z.string(),
  startedAt: z.string(),
  finishedAt: z.string(),
  /** What was done, in order. */
  steps: z.array(z.object({ id: z.string(), seconds: z.number(), detail: z.string() })),
  /** What was looked at all along; `seen` says by what, or why not. */
  watched: z.array(z.object({ what: z.string(), isWatched: z.boolean(), how: z.string() })),
});
export type UpgradeProof = z.infer<typeof UpgradeProof>;

const Statement = z.looseObject({
  _type: z.literal(STATEMENT_TYPE),
  subject: z.array(z.looseObject({ digest: z.record(z.string(), z.string()) })).min(1),
  predicateType: z.literal(UPGRADE_PROOF_TYPE),
  predicate: UpgradeProof,
});

/** The statement as in-toto wants it (in-toto attestation framework, "Statement layer v1"): about both releases. */
export function formatUpgradeProof(proof: UpgradeProof): Buffer {
  const subject = [proof.to, proof.from].map(({ name, version, digest }) => ({
    name: `${name}:${version}`,
    digest: digestSet(digest),
  }));
  return Buffer.from(
    JSON.stringify({
      _type: STATEMENT_TYPE,
      subject,
      predicateType: UPGRADE_PROOF_TYPE,
      predicate: proof,
    }),
  );
}

/** The proof in a statement about a release; undefined where it is none, or about others. */
export function parseUpgradeProof(bytes: Uint8Array, about: Digest): UpgradeProof | undefined {
  const { data } = Statement.safeParse(tryJson(Buffer.from(bytes).toString('utf8')));
  if (data === undefined) return undefined;
  const subjects = data.subject.map(({ digest }) => digest.sha256);
  const { from, to } = data.predicate;
  const isAbout = [from.digest, to.digest].every((digest) => subjects.includes(digestSet(digest).sha256));
  return isAbout && to.digest === about ? data.predicate : undefined;
}

function digestSet(digest: string): { sha256: string } {
  return { sha256: digest.replace(/^sha256:/, '') };
}
