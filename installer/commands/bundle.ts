import { Command } from 'commander';
import type { Console } from '../console.ts';
import { createCommand } from './bundle-create.ts';
import { showCommand } from './bundle-show.ts';
import { verifyCommand } from './bundle-verify.ts';

export function bundleCommand(console: Console): Command {
  const bundle = new Command('bundle').description('make and check bundles');
  bundle.addCommand(createCommand(console));
  bundle.addCommand(verifyCommand(console));
  bundle.addCommand(showCommand(console));
  return bundle;
}
