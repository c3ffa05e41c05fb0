import { z } from 'zod';
import type { Unmapped } from './import-result.ts';

const Fields = z.record(z.string(), z.unknown());

/**
 * The fields of an object in somebody else's file. Each is taken by its name; what nobody has taken in the end is reported
 * by its place, so that nothing of the file is passed over in silence.
 */
export class ForeignFields {
  readonly where: string;
  readonly #fields: Map<string, unknown>;
  readonly #unmapped: Unmapped[];

  constructor(where: string, value: unknown, unmapped: Unmapped[]) {
    this.where = where;
    this.#fields = new Map(Object.entries(Fields.safeParse(value).data ?? {}));
    this.#unmapped = unmapped;
    if (!Fields.safeParse(value).success) unmapped.push({ where, why: 'not an object' });
  }

  /** Undefined where it is absent or null; reported where it is not what it should be. */
  take<T>(name: string, schema: z.ZodType<T>): T | undefined {
    const value = this.#fields.get(name);
    this.#fields.delete(name);
    if (value === undefined || value === null) return undefined;
    const result = schema.safeParse(value);
    if (!result.success) this.tell(name, 'not understood');
    return result.data;
  }

  object(name: string): ForeignFields {
    return new ForeignFields(this.#place(name), this.take(name, Fields) ?? {}, this.#unmapped);
  }

  list(name: string): ForeignFields[] {
    const items = this.take(name, z.array(z.unknown())) ?? [];
    return items.map(
      (item, index) => new ForeignFields(`${this.#place(name)}[${index}]`, item, this.#unmapped),
    );
  }

  tell(name: string, why: string): void {
    this.#unmapped.push({ where: this.#place(name), why });
  }

  /** Tells of fields that are there and have no place in a mirror file. */
  refuse(reasons: Readonly<Record<string, string>>): void {
    for (const [name, why] of Object.entries(reasons)) {
      if (!this.#fields.delete(name)) continue;
      this.tell(name, why);
    }
  }

  /** Tells of everything that is left, except for what is named. */
  end(ignored: (name: string) => boolean = () => false): void {
    for (const name of this.#fields.keys())
      if (!ignored(name)) this.tell(name, 'a mirror file has nothing like it');
    this.#fields.clear();
  }

  #place(name: string): string {
    return this.where === '' ? name : `${this.where}.${name}`;
  }
}
