import { createHash, timingSafeEqual } from 'node:crypto';

/** Compares in a time that does not depend on where the two differ, nor on their lengths. An empty secret equals nothing. */
export function sameToken(given: string | undefined, secret: string): boolean {
  const same = timingSafeEqual(digest(given ?? ''), digest(secret));
  return same && given !== undefined && secret !== '';
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text, 'utf8').digest();
}
