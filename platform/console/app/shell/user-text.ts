/** How a user is called where there is little room: a ServiceAccount by its name and namespace. */
export function userText(user: string): string {
  const [, namespace, name] = /^system:serviceaccount:([^:]+):([^:]+)$/.exec(user) ?? [];
  return name === undefined ? user : `${name} (${namespace})`;
}
