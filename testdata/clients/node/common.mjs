/** What the checks of all Node.js clients share. Arguments of each script: port, folder with the packages. */
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

export const port = Number(process.argv[2]);
/** Holds node_modules. */
export const packagesFolder = process.argv[3];
export const address = { host: '127.0.0.1', port, user: 'test', database: 'sluice' };
export const url = `postgres://test@127.0.0.1:${port}/sluice`;

const { resolve } = createRequire(join(packagesFolder, 'package.json'));

/** A package of that folder. */
export const load = (name) => import(pathToFileURL(resolve(name)).href);

/** A check has passed; what is said in its name is compared between servers. */
export const ok = (name) => console.log('ok', name);

/** It must fail, with an error that has these properties. */
export async function fails(promise, expected) {
  const error = await Promise.resolve(promise).then(
    () => assert.fail('no error'),
    (reason) => reason,
  );
  for (const [name, value] of Object.entries(expected)) assert.equal(error[name], value, `${name} of ${error}`);
  return error;
}

/** Rows of this query would take hours. */
export const endless = `SELECT count(*) FROM generate_series(1, 1000000) a(i), generate_series(1, 1000000) b(j) WHERE a.i * 7 % 13 > b.j % 17`;
