/** Whether a store is on this machine (it has `isLocal`): asking costs no request, so it can be asked about every blob. */
export function isLocal(store: object): boolean {
  return 'isLocal' in store && store.isLocal === true;
}
