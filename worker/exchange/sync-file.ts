import { open } from 'node:fs/promises';

/** Brings a file to the disk, so that it outlives the machine. Rejects with what the file system says. */
export async function syncFile(path: string): Promise<void> {
  const file = await open(path, 'r');
  try {
    await file.datasync();
  } finally {
    await file.close();
  }
}
