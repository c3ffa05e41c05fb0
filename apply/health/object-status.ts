/** How far an object is on its way to what its spec asks for; the words of kstatus. */
export interface ObjectStatus {
  readonly status: 'Current' | 'InProgress' | 'Failed' | 'Terminating' | 'NotFound' | 'Unknown';
  /** For people: what is waited for, or what went wrong. */
  readonly message: string;
}

export function current(message: string): ObjectStatus {
  return { status: 'Current', message };
}

export function inProgress(message: string): ObjectStatus {
  return { status: 'InProgress', message };
}

export function failed(message: string): ObjectStatus {
  return { status: 'Failed', message };
}
