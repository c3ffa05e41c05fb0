import { Command } from 'commander';
import type { Console } from '../terminal/console.ts';
import { addCommand } from './channel/add.ts';
import { initCommand } from './channel/init.ts';
import { keysCommand } from './channel/keys.ts';
import { listCommand } from './channel/list.ts';
import { promoteCommand } from './channel/promote.ts';
import { publishCommand } from './channel/publish.ts';
import { showCommand } from './channel/show.ts';
import { signCommand } from './channel/sign.ts';
import { verifyCommand } from './channel/verify.ts';
import { withdrawCommand } from './channel/withdraw.ts';

export function channelCommand(console: Console): Command {
  const channel = new Command('channel');
  const commands = [initCommand, addCommand, promoteCommand, withdrawCommand, keysCommand, signCommand];
  for (const command of commands) channel.addCommand(command(console));
  for (const command of [publishCommand, listCommand, showCommand, verifyCommand])
    channel.addCommand(command(console));
  return channel;
}
