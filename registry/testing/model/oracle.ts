import assert from 'node:assert/strict';
import { isDeepStrictEqual } from 'node:util';
import { nameOf, type Observation, observationOf } from './observation.ts';
import { isDone, type Operation, stepsOf } from './operation.ts';
import { RepositoryModel } from './registry-model.ts';

/** What a repository may be. */
type Possible = readonly RepositoryModel[];

/** An operation that was not answered yet. */
export interface Flight {
  /** It was answered with a status, or (undefined) it never will be. */
  land(status: number | undefined): void;
}

/**
 * What a client knows of the repositories that it alone writes to: what was acknowledged is, what was refused is not, and
 * what was left open may be. One operation at a time for each repository.
 */
export class Oracle {
  readonly #possible = new Map<string, Possible>();
  readonly #inFlight = new Map<string, Operation>();

  begin(operation: Operation): Flight {
    const { to } = operation;
    assert.ok(!this.#inFlight.has(to), `two operations at once on ${to}`);
    this.#inFlight.set(to, operation);
    return {
      land: (status) => {
        this.#inFlight.delete(to);
        this.#possible.set(to, after(this.#settled(to), operation, status));
      },
    };
  }

  /** What each repository may be at this moment. */
  snapshot(repositories: readonly string[]): ReadonlyMap<string, Possible> {
    return new Map(repositories.map((name) => [name, this.possible(name)]));
  }

  possible(name: string): Possible {
    const operation = this.#inFlight.get(name);
    return operation === undefined ? this.#settled(name) : after(this.#settled(name), operation, undefined);
  }

  /** What was seen is what is. */
  settle(name: string, seen: Observation): void {
    this.#possible.set(name, [assertPossible(name, seen, this.#settled(name))]);
  }

  #settled(name: string): Possible {
    return this.#possible.get(name) ?? [new RepositoryModel()];
  }
}

/** Of what a repository may be, what was seen. Fails when it is none of that. */
export function assertPossible(name: string, seen: Observation, possible: Possible): RepositoryModel {
  const all = possible.map((each) => withoutMissing(each, seen));
  const found = all.find((each) => isDeepStrictEqual(seen, observationOf(each)));
  if (found !== undefined) return found;
  const [nearest = new RepositoryModel()] = all;
  const note = all.length === 1 ? '' : ` (nor is it any of ${all.length - 1} others)`;
  assert.deepEqual(seen, observationOf(nearest), `${name} is not what was acknowledged${note}`);
  return nearest;
}

// What was let go may have been collected.
function withoutMissing(model: RepositoryModel, { manifests, blobs }: Observation): RepositoryModel {
  const left = new RepositoryModel(model);
  for (const digest of model.uncertain.manifests)
    if (!manifests.includes(nameOf(digest))) left.deleteManifest(digest);
  for (const digest of model.uncertain.blobs) if (!blobs.includes(nameOf(digest))) left.blobs.delete(digest);
  return left;
}

function after(before: Possible, operation: Operation, status: number | undefined): Possible {
  const isOpen = status === undefined || status >= 500;
  if (!isOpen && !isDone(operation, status)) return before;
  const all = before.flatMap((each) => {
    const steps = stepsOf(each, operation);
    return isOpen ? [each, ...steps] : steps.slice(-1).concat(steps.length === 0 ? [each] : []);
  });
  return [...new Map(all.map((each) => [keyOf(each), each])).values()];
}

function keyOf(model: RepositoryModel): string {
  const { blobs, uncertain } = model;
  const sets = [blobs, uncertain.blobs, uncertain.manifests].map((set) => [...set].sort());
  return JSON.stringify([observationOf(model), sets]);
}
