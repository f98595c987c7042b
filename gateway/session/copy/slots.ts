/** Values of fixed width on their way into a vector, as DuckDB stores them: one growing buffer, seen as each kind of number. */
export class Slots {
  readonly width: number;
  bytes: Uint8Array;
  i8!: Int8Array;
  i16!: Int16Array;
  i32!: Int32Array;
  i64!: BigInt64Array;
  f32!: Float32Array;
  f64!: Float64Array;

  constructor(width: number, rows: number) {
    this.width = width;
    this.bytes = new Uint8Array(0);
    this.#allocate(rows);
  }

  /** Makes room for the row. */
  reserve(row: number): void {
    if ((row + 1) * this.width > this.bytes.length) {
      this.#allocate(row * 2);
    }
  }

  #allocate(rows: number): void {
    // All of the views need a multiple of 8 bytes.
    const grown = new Uint8Array(Math.ceil((Math.max(rows, 16) * this.width) / 16) * 16);
    grown.set(this.bytes);
    const { buffer } = grown;
    this.bytes = grown;
    this.i8 = new Int8Array(buffer);
    this.i16 = new Int16Array(buffer);
    this.i32 = new Int32Array(buffer);
    this.i64 = new BigInt64Array(buffer);
    this.f32 = new Float32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }

  /** An integer of up to 2^53, with sign, as 8 bytes. */
  setInteger64(row: number, value: number): void {
    const high = Math.floor(value / 0x1_0000_0000);
    this.i32[row * 2] = value - high * 0x1_0000_0000;
    this.i32[row * 2 + 1] = high;
  }

  /** An integer of 16 bytes. */
  setInteger128(row: number, value: bigint): void {
    this.i64[row * 2] = BigInt.asIntN(64, value);
    this.i64[row * 2 + 1] = BigInt.asIntN(64, value >> 64n);
  }
}
