/**
 * Control messages on the wire: eight hexadecimal digits, the CRC-32 of the JSON text that follows. As with frames of rows, the checksum of TCP
 * ends at each proxy: a digit of a row count or of an SQL text that changed on the way would go unseen. `hello` and `refused` are plain
 * JSON, so that other versions can read them.
 */
import { crc32 } from 'node:zlib';
import { errors } from '../../planner/errors.ts';
import type { ToGateway, ToWorker } from './messages.ts';

const digits = 8;

/** The text of a message. */
export function sealedText(message: ToGateway | ToWorker): string {
  const json = JSON.stringify(message);
  return checksum(json) + json;
}

/** The JSON of a sealed text. Raises `badPeer` when it has no checksum or a wrong one. */
export function unsealedText(text: string): string {
  const json = text.slice(digits);
  if (text.length <= digits || checksum(json) !== text.slice(0, digits))
    throw errors.badPeer('message with a wrong checksum');
  return json;
}

/** Whether a text may only be one of the messages that are plain. */
export function isPlainText(text: string): boolean {
  return text.startsWith('{');
}

function checksum(json: string): string {
  return crc32(json).toString(16).padStart(digits, '0');
}
