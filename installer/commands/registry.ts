import type { LazyGroup } from '../lazy-command.ts';
import type { Console } from '../terminal/console.ts';

export function registryCommands(console: Console): LazyGroup {
  return {
    name: 'registry',
    description: 'the private registry',
    commands: [
      {
        name: 'serve',
        description: 'serve a folder, or a bundle as it is, to any OCI client',
        load: async () => (await import('./registry/serve/serve.ts')).serveCommand(console),
      },
      {
        name: 'cache',
        description: 'stand before a registry and keep what is pulled from it, so that it travels once',
        load: async () => (await import('./registry/cache/cache.ts')).cacheCommand(console),
      },
      {
        name: 'check',
        description:
          'read everything that a registry holds, say what is damaged and which images that hurts, and repair it',
        load: async () => (await import('./registry/check.ts')).checkCommand(console),
      },
      {
        name: 'gc',
        description: 'free the space of what nothing refers to any more, while the registry is in use',
        load: async () => (await import('./registry/gc.ts')).gcCommand(console),
      },
      {
        name: 'usage',
        description: 'say what space each repository takes, and what is shared, garbage or free',
        load: async () => (await import('./registry/usage.ts')).usageCommand(console),
      },
      {
        name: 'untag',
        description: 'take names out of a registry, so that gc frees what has no other',
        load: async () => (await import('./registry/untag.ts')).untagCommand(console),
      },
      {
        name: 'user',
        description: 'who may do what in a registry',
        commands: [
          {
            name: 'add',
            description:
              'add a user, with a password from standard input, or a robot, whose secret is printed once',
            load: async () => (await import('./registry/users/user-add.ts')).userAddCommand(console),
          },
          {
            name: 'remove',
            description: 'remove a user; the tokens that it was given end with it',
            load: async () => (await import('./registry/users/user-remove.ts')).userRemoveCommand(console),
          },
          {
            name: 'list',
            description: 'list users and what they may do; never shows a hash',
            load: async () => (await import('./registry/users/user-list.ts')).userListCommand(console),
          },
        ],
      },
      {
        name: 'audit',
        description: 'the log of changes and logins',
        load: async () => (await import('./registry/audit.ts')).auditCommand(console),
      },
      {
        name: 'hash-password',
        description: 'read a password from standard input and print its hash for a users file',
        load: async () => (await import('./registry/users/hash-password.ts')).hashPasswordCommand(console),
      },
    ],
  };
}
