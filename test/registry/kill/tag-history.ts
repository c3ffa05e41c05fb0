/** A write of a tag: a digest, or undefined for its deletion. */
interface Write {
  readonly value: string | undefined;
  readonly began: number;
  /** When it was answered; undefined as long as it may still happen. */
  ended: number | undefined;
  /** It happened for certain. */
  sure: boolean;
}

/**
 * What a tag may hold that many write to at once: the value of any write that no other came after, as one that began
 * when it was over and was acknowledged.
 */
export class TagHistory {
  #writes: Write[] = [{ value: undefined, began: -1, ended: -1, sure: true }];
  #now = 0;

  begin(value: string | undefined): (sure: boolean) => void {
    const write: Write = { value, began: this.#now++, ended: undefined, sure: false };
    this.#writes.push(write);
    return (sure) => {
      write.sure = sure;
      if (sure) write.ended = this.#now++;
    };
  }

  /** Nothing that was not answered will happen from now on. */
  endAll(): void {
    for (const write of this.#writes) write.ended ??= this.#now++;
    this.#writes = this.#last();
  }

  /** It was seen, so it is. */
  settle(value: string | undefined): void {
    this.#writes = [{ value, began: this.#now, ended: this.#now++, sure: true }];
  }

  possible(): (string | undefined)[] {
    return [...new Set(this.#last().map(({ value }) => value))];
  }

  #last(): Write[] {
    return this.#writes.filter(
      ({ ended }) => ended === undefined || !this.#writes.some((other) => other.sure && other.began > ended),
    );
  }
}
