import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { test } from 'node:test';
import { errors } from 'undici';
import { isNetworkError } from './network-error.ts';

test('trouble between two machines is told from disks, files and mistakes', async () => {
  const refused = await new Promise((resolve) => connect(1, '127.0.0.1').on('error', resolve));
  const network = [
    refused,
    coded('ECONNRESET'),
    coded('EAI_AGAIN'),
    coded('ERR_SSL_WRONG_VERSION_NUMBER'),
    coded('DEPTH_ZERO_SELF_SIGNED_CERT'),
    new errors.SocketError('other side closed'),
    new errors.HeadersTimeoutError(),
    new errors.HTTPParserError('odd'),
    new AggregateError([coded('ECONNREFUSED'), coded('ENETUNREACH')]),
    Object.assign(coded('EACCES'), { syscall: 'connect' }),
  ];
  for (const error of network) assert.equal(isNetworkError(error), true, String(error));
  const others = [
    ...['ENOSPC', 'EACCES', 'EMFILE', 'ENFILE', 'EROFS', 'EIO', 'ENOENT', 'EDQUOT', 'ENOMEM'].map(coded),
    Object.assign(coded('EMFILE'), { syscall: 'connect' }),
    coded('ERR_INVALID_ARG_TYPE'),
    coded('ERR_INVALID_URL'),
    await readFile('/nowhere').catch((error: unknown) => error),
    new errors.InvalidArgumentError('a mistake of ours'),
    new errors.ClientDestroyedError(),
    new TypeError('a mistake'),
    new AggregateError([coded('ECONNREFUSED'), coded('EMFILE')]),
    undefined,
  ];
  for (const error of others) assert.equal(isNetworkError(error), false, String(error));
});

function coded(code: string): Error {
  return Object.assign(new Error(code), { code });
}
