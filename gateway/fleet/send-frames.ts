import type { WebSocket } from 'ws';
import { errors } from '../../planner/errors.ts';
import { encodeRowsFrame } from '../../worker/protocol/frames.ts';
import type { MessageCount } from '../../worker/protocol/message-count.ts';
import type { Run } from '../../worker/protocol/messages.ts';
import { maxInputFrameBytes } from '../../worker/protocol/parse-message.ts';

/** Bytes of a connection that wait to be sent, all tasks together: beyond that the next frame waits. */
const maxBufferedBytes = 8 * 1024 * 1024;

/**
 * Sends the frames of a task's inputs, each when those before it have left. `isWanted` is asked before each: false ends it. Rejects with
 * `inputsTooLarge`, with what `frames` raises, and with `internal` when there are not as many as the task says: the worker would wait for ever.
 */
export async function sendFrames(
  socket: WebSocket,
  messages: MessageCount,
  { attempt, inputs = [] }: Run,
  frames: AsyncIterable<Uint8Array>,
  isWanted: () => boolean,
): Promise<void> {
  const expected = inputs.reduce((sum, input) => sum + input.frames, 0);
  let sequence = 0;
  let bytes = 0;
  for await (const payload of frames) {
    if (!isWanted()) return;
    bytes += payload.byteLength;
    if (bytes > maxInputFrameBytes) throw errors.inputsTooLarge(bytes, maxInputFrameBytes);
    if (sequence === expected) throw errors.internal(`more than ${expected} frames of inputs`);
    const frame = encodeRowsFrame(attempt, sequence++, payload);
    const sent = new Promise<void>((resolve) => messages.send(frame, resolve));
    if (socket.bufferedAmount > maxBufferedBytes) await sent;
  }
  if (sequence < expected && isWanted()) throw errors.internal(`${sequence} frames of inputs instead of ${expected}`);
}
