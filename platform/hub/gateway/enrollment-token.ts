import { createHash } from 'node:crypto';
import type { KubeClient } from '../../../apply/client/client.ts';
import type { Sealing } from '../compile/sealing.ts';
import { makeEnrollment } from '../enroll/make-enrollment.ts';
import { hashToken, type Token, writeToken } from '../enroll/token.ts';
import { keyOf, type StoredCluster, type StoredEnrollment } from '../watched/stored.ts';

export interface EnrollmentTokenOptions {
  readonly client: Pick<KubeClient, 'get' | 'create'>;
  readonly sealing: Pick<Sealing, 'mark'>;
  /** Those of a cluster. */
  readonly enrollments: (key: string) => readonly StoredEnrollment[];
  readonly now: () => Date;
  readonly randomId: () => string;
}

/** A cluster may wait for machines over a weekend. */
const TTL_SECONDS = 604_800;
/** One that is not used by then is followed by another. */
const LEFT_MS = (TTL_SECONDS * 1000) / 2;

/**
 * The tokens by which agents of made clusters are let in. The hub keeps hashes alone, so that each is derived from the
 * hub's own key: it can be sealed for a gateway as often as needed, also after a restart.
 */
export class EnrollmentTokens {
  readonly #options: EnrollmentTokenOptions;
  /** Names of enrollments that were made, which a watch may not have seen yet, by cluster. */
  readonly #made = new Map<string, { readonly name: string; readonly expiresAt: string }>();

  constructor(options: EnrollmentTokenOptions) {
    this.#options = options;
  }

  /** Undefined once an agent was let in: none comes again by itself, since its key may have been revoked. */
  async tokenFor(
    { metadata, spec, status }: StoredCluster,
    signal: AbortSignal,
  ): Promise<string | undefined> {
    const { namespace: project, name } = metadata;
    const key = keyOf(project, name);
    if (
      spec.agent?.key !== undefined ||
      status.id !== undefined ||
      metadata.deletionTimestamp !== undefined
    ) {
      this.#made.delete(key);
      return undefined;
    }
    const known = this.#known(key, project);
    if (known !== undefined) return writeToken(this.#derived(project, known));
    const { client, now, randomId } = this.#options;
    const made = await makeEnrollment(
      { client, now, randomId, tokenOf: (_, enrollment) => this.#derived(project, enrollment) },
      { project, name, ttlSeconds: TTL_SECONDS, autoAccept: true },
      signal,
    );
    this.#made.set(key, { name: made.name, expiresAt: made.expiresAt });
    return made.token;
  }

  /** The name of the enrollment whose token is good for long enough. */
  #known(key: string, project: string): string | undefined {
    const made = this.#made.get(key);
    if (made !== undefined && this.#lasts(made.expiresAt)) return made.name;
    return this.#options
      .enrollments(key)
      .filter(
        ({ metadata: { name }, spec: { tokenHash } }) =>
          tokenHash === hashToken(this.#derived(project, name)),
      )
      .filter(({ spec: { expiresAt }, status }) => status?.usedBy === undefined && this.#lasts(expiresAt))
      .toSorted((a, b) => b.spec.expiresAt.localeCompare(a.spec.expiresAt))[0]?.metadata.name;
  }

  #lasts(expiresAt: string): boolean {
    return Date.parse(expiresAt) - this.#options.now().getTime() > LEFT_MS;
  }

  #derived(project: string, enrollment: string): Token {
    const mark = this.#options.sealing.mark(`enrollment token ${project}/${enrollment}`);
    return { project, enrollment, secret: createHash('sha256').update(mark).digest('base64url') };
  }
}
