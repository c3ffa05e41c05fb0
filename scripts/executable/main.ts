/** Where the executable begins. */
import { getRawAsset } from 'node:sea';
import { unpack } from './pack.ts';
import { Pieces } from './pieces.ts';

const bytesOf = unpack(Buffer.from(getRawAsset('code')));
const carried = {
  source: (name: string) => bytesOf(name).toString(),
  cache: (name: string) => bytesOf(`${name}.cache`),
};
new Pieces(carried, require, `file://${process.execPath}`).require('./skerry.mjs');
