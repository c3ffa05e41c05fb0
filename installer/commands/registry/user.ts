import { Command } from 'commander';
import type { Console } from '../../console.ts';
import { userAddCommand } from './user-add.ts';
import { userListCommand } from './user-list.ts';
import { userRemoveCommand } from './user-remove.ts';

export function userCommand(console: Console): Command {
  return new Command('user')
    .description('who may do what in a registry')
    .addCommand(userAddCommand(console))
    .addCommand(userRemoveCommand(console))
    .addCommand(userListCommand(console));
}
