/**
 * Memory of pieces of rows, used again. A long answer would ask for new memory with every piece otherwise, and pieces that wait for a slow reader
 * outlive V8's quick collections: only a collection of the whole heap, for which everybody waits, would free them.
 */

/** Sizes: this, and twice the one before up to the last. Smaller pieces are not kept, and larger ones neither. */
const leastBytes = 16 * 1024;
const mostBytes = 256 * 1024;
/** Kept of each size, in bytes. */
const mostKeptBytes = 1024 * 1024;
/** Waste of at most half: what is written to memory that is much larger would hold all of it while it waits for its reader. */
const mostTooLarge = 2;

const kept = new Map<number, Buffer[]>();
for (let size = leastBytes; size <= mostBytes; size *= 2) kept.set(size, []);

/** At least `size` bytes, not filled. */
export function takeMemory(size: number): Buffer {
  if (size * mostTooLarge < leastBytes) return Buffer.allocUnsafe(size);
  let bytes = leastBytes;
  while (bytes < size) bytes *= 2;
  return kept.get(bytes)?.pop() ?? Buffer.allocUnsafeSlow(bytes > mostBytes ? size : bytes);
}

/** The memory behind a piece may be written again: nobody holds any of it. */
export function giveBack({ buffer }: Buffer): void {
  const spares = kept.get(buffer.byteLength);
  if (spares !== undefined && (spares.length + 1) * buffer.byteLength <= mostKeptBytes)
    spares.push(Buffer.from(buffer));
}
