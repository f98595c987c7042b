import { createHash } from 'node:crypto';
import { mkdir, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { errors } from '../planner/errors.ts';

/** What the parts of the gateway keep in the folder. Workers look after theirs themselves: one that was started before may still be ending. */
const ownFolders = ['catalog', 'coordinator', 'database', 'planner', 'queries'];
/** Where stages leave rows for each other: of the gateway, and workers use it as well. */
export const exchangeFolder = 'exchange';
/** In `exchangeFolder`: what finished tasks of named jobs have left outlives the gateway. */
export const checkpointFolder = 'checkpoints';
const idLength = 16;

/**
 * Makes the folder of temporary files of the gateway that holds the lock of `state`, and removes what a killed one has left there. In `shared`
 * (`--temp-dir`) it is one of its own: files of two DuckDBs in one folder have the same names. Raises 58030 when it can't be made.
 */
export async function makeTempFolder(state: string, shared: string | null): Promise<string> {
  const id = createHash('sha256').update(`${hostname()}\0${state}`).digest('hex').slice(0, idLength);
  const folder = shared === null ? join(state, 'tmp') : join(shared, `sluice-${id}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of ownFolders) await rm(join(folder, name), { recursive: true, force: true });
    await mkdir(join(folder, exchangeFolder), { recursive: true, mode: 0o700 });
    for (const name of await readdir(join(folder, exchangeFolder)))
      if (name !== checkpointFolder) await rm(join(folder, exchangeFolder, name), { recursive: true, force: true });
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? String(error);
    throw errors.cannotStart(`could not use folder "${folder}"`, 'Choose another with --temp-dir.', code);
  }
  return folder;
}
