import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errors } from '../planner/errors.ts';
import type { Config } from './config/settings.ts';

const tokenFile = 'token';
const tokenBytes = 32;

/**
 * The secret that joining workers prove: `token`, else the content of `token_file`, else that of `token` in the state folder, which is
 * made at the first start, readable for its owner alone. Rejects with 58030 when a file can't be read or is empty.
 */
export async function joinToken(config: Pick<Config, 'token' | 'tokenFile'>, state: string): Promise<string> {
  if (config.token !== null) return config.token;
  const path = config.tokenFile ?? join(state, tokenFile);
  if (config.tokenFile === null) await makeTokenFile(path);
  let token: string;
  try {
    token = (await readFile(path, 'utf8')).trim();
  } catch (error) {
    throw unusable(path, error instanceof Error ? error.message : String(error));
  }
  if (token === '') throw unusable(path, 'It is empty.');
  return token;
}

function unusable(path: string, reason: string) {
  return errors.cannotStart(`could not use token file "${path}"`, 'Choose another with --token-file.', reason);
}

async function makeTokenFile(path: string): Promise<void> {
  try {
    await writeFile(path, `${randomBytes(tokenBytes).toString('hex')}\n`, { flag: 'wx', mode: 0o600 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw unusable(path, String(error));
  }
}
