import type { Store } from '../../content/store.ts';
import { canDelete, type DeletableStore } from '../capability.ts';
import { ProtocolError } from './protocol-error.ts';

/** Throws a ProtocolError (405) when nothing can be deleted from the store. */
export function deletingOf(store: Store): DeletableStore {
  if (canDelete(store)) return store;
  throw new ProtocolError('UNSUPPORTED', { message: 'this registry deletes nothing' });
}
