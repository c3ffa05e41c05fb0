import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { messageAt, problemOf } from './problem.ts';

interface CreateForm<F, T> {
  /** What the fields begin with. */
  readonly initial: F;
  /** Sends it; the key is the same for each try of one object, so that none is made twice. */
  readonly send: (fields: F, key: string) => Promise<T>;
  /** `reset` empties the form for another object. */
  readonly onSent: (made: T, reset: () => void) => void | Promise<void>;
}

/** A form that has the hub make something: its fields, sending them, and what the hub finds wrong with each. */
export function useCreateForm<F extends object, T>({ initial, send, onSent }: CreateForm<F, T>) {
  const [fields, setFields] = useState(initial);
  const key = useRef(crypto.randomUUID());
  const reset = () => {
    setFields(initial);
    key.current = crypto.randomUUID();
  };
  const sending = useMutation({
    mutationFn: async () => await send(fields, key.current),
    onSuccess: async (made) => await onSent(made, reset),
  });
  const errors = sending.error === null ? [] : problemOf(sending.error).errors;
  return {
    fields,
    set:
      <N extends keyof F>(name: N) =>
      (value: F[N]) =>
        setFields((before) => ({ ...before, [name]: value })),
    sending,
    problemAt: (path: string) => messageAt(errors, path),
    submit: (event: FormEvent) => {
      event.preventDefault();
      sending.mutate();
    },
  };
}
