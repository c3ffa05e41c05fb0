import { z } from 'zod';
import { tryJson } from '../../content/json.ts';

/** What the copy in the cluster says in its log, one line of JSON at a time: `skerry copy --progress=json`. */
const ProgressSchema = z.object({
  bytesDone: z.number(),
  bytesTotal: z.number(),
  /** In the last line: everything is there, manifests and tags too. */
  finished: z.boolean().default(false),
});
export type CopyLine = z.infer<typeof ProgressSchema>;

/** Its last line when it fails, which is how `--output=json` prints any error. */
const FailureSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) });
export type CopyFailure = z.infer<typeof FailureSchema>['error'];

export function formatCopyLine({ bytesDone, bytesTotal, finished }: CopyLine): string {
  return JSON.stringify({ bytesDone, bytesTotal, finished });
}

/** The last lines of a log. One that is neither progress nor a failure, as a container runtime writes, is passed over. */
export function readCopyLog(log: string): { progress?: CopyLine; failure?: CopyFailure } {
  const lines = log.split('\n').map(tryJson);
  const progress = lines.map((line) => ProgressSchema.safeParse(line).data).findLast(Boolean);
  const failure = lines.map((line) => FailureSchema.safeParse(line).data?.error).findLast(Boolean);
  return { ...(progress && { progress }), ...(failure && { failure }) };
}
