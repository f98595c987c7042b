/** A piece of a stream of bytes that belongs to one WebSocket frame, or to what comes before the first. */
export interface FramePiece {
  /** Messages come in one frame each here; `other`: pings, pongs, the close, and the HTTP head. */
  readonly kind: 'message' | 'other';
  /** The first of its frame. */
  readonly begins: boolean;
  readonly bytes: Buffer;
}

const headEnd = '\r\n\r\n';
const firstHeaderBytes = 2;
const maskBytes = 4;
/** Codes of the short length that say how many bytes the real one has. */
const longLengths: Readonly<Record<number, number>> = { 126: 2, 127: 8 };
const textOpcode = 1;
const binaryOpcode = 2;

/** Finds where frames begin in one direction of a WebSocket connection (RFC 6455), from its HTTP head on. Bytes of a header wait until it is whole. */
export class WebSocketFrames {
  #held = Buffer.alloc(0);
  #inHead = true;
  #kind: FramePiece['kind'] = 'other';
  /** Of the payload of the current frame. */
  #left = 0;

  /** The bytes that came, and those that waited, in pieces in their order. */
  split(chunk: Buffer): readonly FramePiece[] {
    const pieces: FramePiece[] = [];
    let bytes = Buffer.concat([this.#held, chunk]);
    this.#held = Buffer.alloc(0);
    while (bytes.length > 0) {
      const piece = this.#next(bytes);
      if (piece === undefined) {
        this.#held = bytes;
        break;
      }
      pieces.push(piece);
      bytes = bytes.subarray(piece.bytes.length);
    }
    return pieces;
  }

  #next(bytes: Buffer): FramePiece | undefined {
    if (this.#inHead) {
      const end = bytes.indexOf(headEnd);
      if (end < 0) return undefined;
      this.#inHead = false;
      return { kind: 'other', begins: false, bytes: bytes.subarray(0, end + headEnd.length) };
    }
    const begins = this.#left === 0;
    const header = begins ? this.#readHeader(bytes) : 0;
    if (header === undefined) return undefined;
    const payload = Math.min(this.#left, bytes.length - header);
    this.#left -= payload;
    return { kind: this.#kind, begins, bytes: bytes.subarray(0, header + payload) };
  }

  /** Its length; undefined when it is not whole. */
  #readHeader(bytes: Buffer): number | undefined {
    if (bytes.length < firstHeaderBytes) return undefined;
    const short = bytes[1]! & 0x7f;
    const longLength = longLengths[short] ?? 0;
    const length = firstHeaderBytes + longLength + ((bytes[1]! & 0x80) === 0 ? 0 : maskBytes);
    if (bytes.length < length) return undefined;
    const opcode = bytes[0]! & 0x0f;
    this.#kind = opcode === textOpcode || opcode === binaryOpcode ? 'message' : 'other';
    const long = bytes.subarray(firstHeaderBytes, firstHeaderBytes + longLength);
    this.#left = longLength === 0 ? short : Number(`0x${long.toString('hex')}`);
    return length;
  }
}
