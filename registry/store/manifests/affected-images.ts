import type { DatabaseSync } from 'node:sqlite';
import { setImmediate as breathe } from 'node:timers/promises';
import { z } from 'zod';
import { DigestSchema, type Platform } from '../../../content/descriptor.ts';
import type { Digest } from '../../../content/digest.ts';
import { parseManifest } from '../../../content/manifest.ts';
import type { ContentIndex } from '../content-index.ts';
import type { BlobFiles } from '../files/blob-files.ts';

/** An image that can't be pulled whole while a blob or manifest is missing. */
export interface AffectedImage {
  readonly repository: string;
  /** A tag, or a digest where no tag leads to it. */
  readonly reference: string;
  /** The one platform of several that is hurt, e.g. `linux/arm64`; undefined when it is the whole image. */
  readonly platform?: string | undefined;
  /** Kind of the referrer (a signature, a bill of materials) that is hurt, when the image itself is not. */
  readonly referrer?: string | undefined;
}

export const AffectedImageSchema: z.ZodType<AffectedImage> = z.object({
  repository: z.string(),
  reference: z.string(),
  platform: z.string().optional(),
  referrer: z.string().optional(),
});

export interface Affected {
  readonly images: readonly AffectedImage[];
  /** There are more than were looked for. */
  readonly more: boolean;
}

/** A layer of a base image may be in every image there is: of those, some are as good as all. */
const MAX_IMAGES = 50;
const MAX_STEPS = 2000;

/** What was found on the way up from a blob to the names that lead to it, within one repository. */
interface Step {
  readonly manifest: number;
  readonly repository: number;
  readonly platform?: string | undefined;
  readonly referrer?: string | undefined;
}

/** Where images are looked up. */
interface Ports {
  readonly index: Pick<ContentIndex, 'database'>;
  readonly files: Pick<BlobFiles, 'read'>;
}

/**
 * Which images need a blob or manifest: up from it to the manifests that name it, the indexes that name those, the
 * images that they refer to, and the tags on any of them.
 */
export async function affectedImages(ports: Ports, digest: Digest): Promise<Affected> {
  const graph = new Graph(ports.index.database);
  const queue: Step[] = graph.first(digest, MAX_STEPS);
  const seen = new Set<string>();
  const images = new Map<string, AffectedImage>();
  for (let at = 0; at < queue.length; at++) {
    if (at >= MAX_STEPS || images.size >= MAX_IMAGES) return { images: [...images.values()], more: true };
    const step = queue[at];
    if (step === undefined || seen.has(keyOf(step))) continue;
    seen.add(keyOf(step));
    if (at % 50 === 49) await breathe();
    const above = await stepsAbove(ports, graph, step);
    for (const image of imagesOf(graph, step, above)) images.set(JSON.stringify(image), image);
    queue.push(...above);
  }
  return { images: [...images.values()], more: false };
}

/** `team/app:1.2 (linux/arm64)` */
export function nameOfAffected({ repository, reference, platform, referrer }: AffectedImage): string {
  const name = `${repository}${reference.includes(':') ? '@' : ':'}${reference}`;
  const parts = [platform, referrer === undefined ? undefined : `its ${referrer}`].filter(Boolean);
  return parts.length === 0 ? name : `${name} (${parts.join(', ')})`;
}

function keyOf({ manifest, repository, platform, referrer }: Step): string {
  return `${manifest} ${repository} ${platform ?? ''} ${referrer ?? ''}`;
}

async function stepsAbove(ports: Ports, graph: Graph, step: Step): Promise<Step[]> {
  const above: Step[] = [];
  for (const { holder, digest, mediaType } of graph.indexesOf(step)) {
    const platform = await platformIn(ports, { digest, mediaType }, graph.digestOf(step.manifest));
    above.push({ ...step, manifest: holder, platform: step.platform ?? platform });
  }
  const subject = graph.subjectOf(step);
  if (subject !== undefined)
    above.push({ ...step, manifest: subject.id, referrer: step.referrer ?? subject.referrer });
  return above;
}

// An untagged manifest below an index or of a referrer has its name from there.
function imagesOf(graph: Graph, step: Step, above: readonly Step[]): AffectedImage[] {
  const { platform, referrer } = step;
  const extra = { ...(platform && { platform }), ...(referrer && { referrer }) };
  const repository = graph.repositoryName(step.repository);
  if (repository === undefined) return [];
  const tags = graph.tagsOf(step, MAX_IMAGES);
  if (tags.length > 0) return tags.map((reference) => ({ repository, reference, ...extra }));
  if (above.length > 0) return [];
  return [{ repository, reference: graph.digestOf(step.manifest), ...extra }];
}

// Not compared with its digest: this is for words only, and a corrupt index names no platform.
async function platformIn(
  { files }: Ports,
  index: { digest: Digest; mediaType: string },
  child: Digest,
): Promise<string | undefined> {
  try {
    const bytes = await files.read(index.digest);
    if (bytes === undefined) return undefined;
    const { manifests: entries } = parseManifest({ bytes, mediaType: index.mediaType }, index.digest);
    return formatPlatform(entries.find(({ digest }) => digest === child)?.platform);
  } catch {
    return undefined;
  }
}

function formatPlatform(platform: Platform | undefined): string | undefined {
  if (platform === undefined) return undefined;
  const { os, architecture, variant } = platform;
  return [os, architecture, variant].filter(Boolean).join('/');
}

const First = z.object({ manifest: z.int(), repository: z.int() });
const Holder = z.object({ holder: z.int(), digest: DigestSchema, mediaType: z.string() });
const Subject = z.object({ id: z.int(), referrer: z.string().nullable(), mediaType: z.string() });
const Name = z.object({ name: z.string() });
const Named = z.object({ digest: DigestSchema });

/** The way up through the tables of the index, which are made for the way down. */
class Graph {
  readonly #sql;

  constructor(database: DatabaseSync) {
    const sql = (text: string) => database.prepare(text);
    this.#sql = {
      first: sql(
        `SELECT m.manifest, m.repository FROM repository_manifests m
           JOIN digests d ON d.id = m.manifest WHERE d.digest = ?1
         UNION ALL
         SELECT m.manifest, m.repository FROM digests d
           JOIN edges e ON e.target = d.id AND e.kind = 0
           JOIN repository_manifests m ON m.manifest = e.holder WHERE d.digest = ?1
         LIMIT ?2`,
      ),
      holders: sql(
        `SELECT e.holder, d.digest, m.media_type AS mediaType FROM edges e
           JOIN repository_manifests m ON m.manifest = e.holder AND m.repository = ?
           JOIN digests d ON d.id = e.holder
          WHERE e.target = ? AND e.kind = 1`,
      ),
      subject: sql(
        `SELECT m.subject AS id, m.artifact_type AS referrer, m.media_type AS mediaType FROM manifests m
           JOIN repository_manifests r ON r.manifest = m.subject AND r.repository = ?
          WHERE m.id = ?`,
      ),
      tags: sql('SELECT name FROM tags WHERE manifest = ? AND repository = ? ORDER BY name LIMIT ?'),
      repository: sql('SELECT name FROM repositories WHERE id = ?'),
      digest: sql('SELECT digest FROM digests WHERE id = ?'),
    };
  }

  /** The manifest itself, or those that name the blob, with each repository that holds them. */
  first(digest: Digest, limit: number): Step[] {
    return this.#sql.first.all(digest, limit).map((row) => First.parse(row));
  }

  indexesOf({ manifest, repository }: Step) {
    return this.#sql.holders.all(repository, manifest).map((row) => Holder.parse(row));
  }

  subjectOf({ manifest, repository }: Step): { id: number; referrer: string } | undefined {
    const row = Subject.safeParse(this.#sql.subject.get(repository, manifest)).data;
    if (row === undefined) return undefined;
    return { id: row.id, referrer: row.referrer ?? row.mediaType };
  }

  tagsOf({ manifest, repository }: Step, limit: number): string[] {
    return this.#sql.tags.all(manifest, repository, limit).map((row) => Name.parse(row).name);
  }

  /** Undefined when its last content was deleted just now. */
  repositoryName(id: number): string | undefined {
    return Name.safeParse(this.#sql.repository.get(id)).data?.name;
  }

  digestOf(id: number): Digest {
    return Named.parse(this.#sql.digest.get(id)).digest;
  }
}
