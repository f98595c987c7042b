import { randomBytes } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A file by which workers prove that they see the exchange folder: a folder of the same name may be on every machine. */
export interface ExchangeMarker {
  readonly path: string;
  readonly content: string;
}

const nameBytes = 8;
const contentBytes = 32;

/** Writes a marker into the folder, which is made when it is not there. Rejects with what the file system raises. */
export async function writeExchangeMarker(directory: string): Promise<ExchangeMarker> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const marker = {
    path: join(directory, `marker-${randomBytes(nameBytes).toString('hex')}`),
    content: randomBytes(contentBytes).toString('hex'),
  };
  await writeFile(marker.path, marker.content, { mode: 0o600, flag: 'wx' });
  return marker;
}
