import type { Socket } from 'node:net';

/**
 * Reads one answer to its ReadyForQuery as fast as a client can: messages are stepped over, DataRows counted. Rejects on
 * ErrorResponse. The same reader measures every server.
 */
export function drainAnswer(socket: Socket): Promise<number> {
  return new Promise((resolve, reject) => {
    let rest: Buffer = Buffer.alloc(0);
    let skip = 0;
    let rows = 0;
    let failed = false;
    const finish = (settle: () => void) => {
      socket.off('data', read).off('close', lost);
      settle();
    };
    const lost = () => finish(() => reject(new Error('connection ended')));
    const read = (chunk: Buffer) => {
      let at = 0;
      if (skip > 0) {
        at = Math.min(skip, chunk.length);
        skip -= at;
      }
      let data = chunk;
      if (rest.length > 0) {
        data = Buffer.concat([rest, chunk]);
        rest = Buffer.alloc(0);
      }
      while (at + 5 <= data.length) {
        const type = data[at]!;
        if (type === 0x44) rows++;
        else if (type === 0x45) failed = true;
        else if (type === 0x5a) {
          finish(() => (failed ? reject(new Error('the server answered with an error')) : resolve(rows)));
          return;
        }
        at += 1 + data.readInt32BE(at + 1);
      }
      if (at > data.length) skip = at - data.length;
      else rest = data.subarray(at);
    };
    socket.on('data', read).on('close', lost);
  });
}
