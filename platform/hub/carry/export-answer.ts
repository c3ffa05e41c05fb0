import { z } from 'zod';
import { SignedHubFile } from '../../desired/carry/hub-file.ts';
import { EnvelopeLayer } from '../../desired/envelope.ts';

const Packs = z.array(EnvelopeLayer.pick({ pack: true }));

/** What the hub gives for a stick. */
export const ExportAnswer = z.object({
  /** The messages for the agent, signed. */
  file: SignedHubFile,
  /** Of the envelope in it; 0 when there is none. */
  number: z.int(),
  /** Packs that the envelope needs. */
  layers: Packs,
  /** Packs that the cluster has by the envelope that it has reported as complete last. */
  held: Packs,
});
export type ExportAnswer = z.infer<typeof ExportAnswer>;
