/**
 * Binary frames: rows on their way from a worker to the gateway. All numbers are little-endian. The checksum of TCP is 16 bits and ends at
 * each proxy, so frames bring their own.
 *
 *   0  4  magic `SLFR`
 *   4  1  version of this layout
 *   5  1  length of the attempt id in bytes
 *   6  2  zero
 *   8  4  sequence number: 0, 1, 2, ... within the attempt
 *  12  4  length of the payload in bytes
 *  16  4  CRC-32 of the frame without these four bytes
 *  20  4  zero
 *  24  n  attempt id, UTF-8, zero-padded to a multiple of 8
 *      m  payload: one Arrow IPC stream (see worker/exchange/arrow-frames.ts), 8-aligned within the frame
 */
import { crc32 } from 'node:zlib';
import { errors } from '../../planner/errors.ts';
import type { AttemptId } from './messages.ts';

/** A frame of rows, read. `payload` shares the memory of the message. */
export interface RowsFrame {
  readonly attempt: AttemptId;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

const magic = 0x52464c53;
const layoutVersion = 2;
const checksumAt = 16;
const afterChecksum = 20;
const headBytes = 24;
const alignment = 8;

/** Attempt ids are ASCII and short (`query.stage.partition.attempt`). */
export const maxAttemptIdBytes = 200;
/** A batch whose frame would be larger is cut; only a single huge row may exceed it. */
export const frameTargetBytes = 4 * 1024 * 1024;
/** Largest payload at all: a single row beyond it is an error. */
export const maxPayloadBytes = 256 * 1024 * 1024;
/** Largest message that either side reads (ws `maxPayload`): a frame, or the JSON of a task with many files. */
export const maxMessageBytes = maxPayloadBytes + 64 * 1024;

/** Writes one frame. Raises `rowTooLarge` beyond `maxPayloadBytes`. */
export function encodeRowsFrame(attempt: AttemptId, sequence: number, payload: Uint8Array): Buffer {
  if (payload.byteLength > maxPayloadBytes) throw errors.rowTooLarge(payload.byteLength, maxPayloadBytes);
  const id = Buffer.from(attempt, 'utf8');
  if (id.length === 0 || id.length > maxAttemptIdBytes) throw errors.internal(`attempt id of ${id.length} bytes`);
  const start = payloadStart(id.length);
  const frame = Buffer.allocUnsafe(start + payload.byteLength);
  frame.fill(0, 0, start);
  frame.writeUInt32LE(magic, 0);
  frame.writeUInt8(layoutVersion, 4);
  frame.writeUInt8(id.length, 5);
  frame.writeUInt32LE(sequence, 8);
  frame.writeUInt32LE(payload.byteLength, 12);
  frame.set(id, headBytes);
  frame.set(payload, start);
  frame.writeUInt32LE(checksum(frame), checksumAt);
  return frame;
}

/** Reads one frame. Raises `badPeer` when it is not one, to the last byte. */
export function decodeRowsFrame(message: Uint8Array): RowsFrame {
  const frame = Buffer.from(message.buffer, message.byteOffset, message.byteLength);
  if (frame.length < headBytes) throw errors.badPeer(`frame of ${frame.length} bytes`);
  if (frame.readUInt32LE(0) !== magic) throw errors.badPeer('not a frame of rows');
  if (frame.readUInt8(4) !== layoutVersion) throw errors.badPeer(`frame of version ${frame.readUInt8(4)}`);
  const idBytes = frame.readUInt8(5);
  const payloadBytes = frame.readUInt32LE(12);
  const start = payloadStart(idBytes);
  const padding = frame.readUInt16LE(6) + frame.readUInt32LE(afterChecksum);
  if (idBytes === 0 || idBytes > maxAttemptIdBytes || padding !== 0)
    throw errors.badPeer('frame with a malformed head');
  if (payloadBytes > maxPayloadBytes || start + payloadBytes !== frame.length)
    throw errors.badPeer(`frame of ${frame.length} bytes that says it has ${start + payloadBytes}`);
  if (checksum(frame) !== frame.readUInt32LE(checksumAt)) throw errors.badPeer('frame with a wrong checksum');
  return {
    attempt: frame.toString('utf8', headBytes, headBytes + idBytes),
    sequence: frame.readUInt32LE(8),
    payload: frame.subarray(start),
  };
}

function checksum(frame: Buffer): number {
  return crc32(frame.subarray(afterChecksum), crc32(frame.subarray(0, checksumAt)));
}

function payloadStart(idBytes: number): number {
  return headBytes + Math.ceil(idBytes / alignment) * alignment;
}
