import type { HubAccess } from '../hub-access.ts';
import type { Diagnostic } from '../protocol/plugin_pb.ts';
import type { Attribute } from '../schema/attribute.ts';
import type { ObjectValue } from '../value/value.ts';

/** What a resource is done with. */
export interface Work {
  readonly hub: HubAccess;
  /** Ends waiting and reading. What is being written is written: a core forgets what it did not hear of. */
  readonly signal: AbortSignal;
  /** For those who look into the provider's log. */
  readonly log: (message: string) => void;
}

export interface Plan {
  readonly planned: ObjectValue;
  /** Attributes whose change makes another object. */
  readonly replace: readonly string[];
  readonly diagnostics?: readonly Diagnostic[] | undefined;
}

/** One type of resource. Values are whole: each attribute has one. */
export interface Resource {
  readonly typeName: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
  /** Changes when states of before have to be read otherwise. */
  readonly version: number;
  /** What is planned for `proposed`; without a hub where nobody has said yet which. Changes nothing. */
  plan(
    work: Work | undefined,
    change: {
      readonly before: ObjectValue | undefined;
      readonly proposed: ObjectValue;
    },
  ): Promise<Plan>;
  create(work: Work, planned: ObjectValue): Promise<ObjectValue>;
  update(
    work: Work,
    change: { readonly before: ObjectValue; readonly planned: ObjectValue },
  ): Promise<ObjectValue>;
  /** Undefined when it is gone. */
  read(work: Work, state: ObjectValue): Promise<ObjectValue | undefined>;
  delete(work: Work, state: ObjectValue): Promise<void>;
  /** The state that `read` begins with, from what the user calls it. Throws IMPORT_ID_INVALID. */
  importState(work: Work, id: string): ObjectValue;
}

/** Something that is made for one run of the core, and is in no plan and no state. */
export interface EphemeralResource {
  readonly typeName: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
  open(work: Work, config: ObjectValue): Promise<ObjectValue>;
}

/** Something that is only read. */
export interface DataSource {
  readonly typeName: string;
  readonly description: string;
  readonly attributes: readonly Attribute[];
  read(work: Work, config: ObjectValue): Promise<ObjectValue>;
}
