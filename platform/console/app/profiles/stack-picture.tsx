import type { ReactNode } from 'react';
import { LAYER_NAMES, type PackUse, type StackLayer } from './stack.ts';

interface StackPictureProps {
  readonly stack: readonly StackLayer[];
  readonly draw: (pack: PackUse) => ReactNode;
}

/** A profile as it stands in a cluster: what carries the rest is at the bottom. */
export function StackPicture({ stack, draw }: StackPictureProps) {
  return (
    <ol className="stack" aria-label="Layers, from the top to the ground">
      {stack.toReversed().map(({ layer, packs }) => (
        <li key={layer}>
          <h3>{LAYER_NAMES[layer]}</h3>
          <ul>
            {packs.map((pack) => (
              <li key={pack.name}>{draw(pack)}</li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}
