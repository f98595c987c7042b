/** Binary input of PostgreSQL's types: what each type's receive function reads, as canonical text. */
import { errors } from '../../planner/errors.ts';
import { civilDate, microsPerDay } from './datetime-text.ts';
import { blobText, canonicalText, intervalText } from './parameter-text.ts';
import { pgTypes } from './pg-types.ts';

type Receive = (view: DataView, bytes: Uint8Array) => string;

/** A receive function of a type whose values have one length. */
const sized =
  (type: string, size: number, receive: Receive): Receive =>
  (view, bytes) => {
    if (bytes.length !== size) {
      throw errors.invalidBinary(type, `${bytes.length} bytes instead of ${size}`);
    }
    return receive(view, bytes);
  };

const utf8 = new TextDecoder('utf-8', { fatal: true });

function text(bytes: Uint8Array): string {
  let value: string;
  try {
    value = utf8.decode(bytes);
  } catch {
    throw errors.invalidEncoding('a parameter is not UTF-8');
  }
  if (value.includes('\0')) {
    throw errors.invalidEncoding('0x00');
  }
  return value;
}

const receivers: ReadonlyMap<number, Receive> = new Map<number, Receive>([
  [pgTypes.bool.oid, sized('boolean', 1, (_view, bytes) => (bytes[0] === 0 ? 'false' : 'true'))],
  [pgTypes.int2.oid, sized('smallint', 2, (view) => `${view.getInt16(0)}`)],
  [pgTypes.int4.oid, sized('integer', 4, (view) => `${view.getInt32(0)}`)],
  [pgTypes.int8.oid, sized('bigint', 8, (view) => `${view.getBigInt64(0)}`)],
  [26, sized('oid', 4, (view) => `${view.getUint32(0)}`)],
  [pgTypes.float4.oid, sized('real', 4, (view) => floatText(view.getFloat32(0)))],
  [pgTypes.float8.oid, sized('double precision', 8, (view) => floatText(view.getFloat64(0)))],
  [pgTypes.numeric.oid, numeric],
  [pgTypes.bytea.oid, (_view, bytes) => blobText(bytes)],
  [pgTypes.date.oid, sized('date', 4, (view) => date(view.getInt32(0)))],
  [pgTypes.time.oid, sized('time', 8, (view) => time(view.getBigInt64(0), 'time'))],
  [pgTypes.timetz.oid, sized('time with time zone', 12, timetz)],
  [pgTypes.timestamp.oid, sized('timestamp', 8, (view) => timestamp(view.getBigInt64(0), ''))],
  [pgTypes.timestamptz.oid, sized('timestamp with time zone', 8, (view) => timestamp(view.getBigInt64(0), '+00'))],
  [
    pgTypes.interval.oid,
    sized('interval', 16, (view) => intervalText(view.getInt32(12), view.getInt32(8), view.getBigInt64(0))),
  ],
  [
    pgTypes.uuid.oid,
    sized('uuid', 16, (_view, bytes) => canonicalText(pgTypes.uuid.oid, Buffer.from(bytes).toString('hex'))),
  ],
  [1560, bits],
  [pgTypes.varbit.oid, bits],
  [pgTypes.json.oid, (_view, bytes) => canonicalText(pgTypes.json.oid, text(bytes))],
  [3802, jsonb],
]);

/** The canonical text (as `canonicalText` gives it) of a binary value. OIDs without a receive function here are text. */
export function binaryText(oid: number, bytes: Uint8Array): string {
  const receive = receivers.get(oid);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return receive === undefined ? text(bytes) : receive(view, bytes);
}

function floatText(value: number): string {
  return Object.is(value, -0) ? '-0' : `${value}`;
}

const numericNegative = 0x4000;
const numericSpecial: Readonly<Record<number, string>> = { 49152: 'NaN', 53248: 'Infinity', 61440: '-Infinity' };

/** Digits in base 10000; see binary-numeric.ts. */
function numeric(view: DataView, bytes: Uint8Array): string {
  const fail = (detail: string) => errors.invalidBinary('numeric', detail);
  if (bytes.length < 8 || bytes.length !== 8 + view.getUint16(0) * 2) {
    throw fail('wrong number of digits');
  }
  const count = view.getUint16(0);
  const weight = view.getInt16(2);
  const sign = view.getUint16(4);
  const scale = view.getUint16(6);
  const special = numericSpecial[sign];
  if (special !== undefined) {
    return special;
  }
  if ((sign !== 0 && sign !== numericNegative) || scale > 0x3fff) {
    throw fail('wrong sign or scale');
  }
  const group = (index: number) => {
    const digit = index >= 0 && index < count ? view.getUint16(8 + index * 2) : 0;
    if (digit > 9999) {
      throw fail('wrong digit');
    }
    return `${digit}`.padStart(4, '0');
  };
  let whole = '';
  for (let i = 0; i <= weight; i++) {
    whole += group(i);
  }
  let decimals = '';
  for (let i = 1; decimals.length < scale; i++) {
    decimals += group(weight + i);
  }
  const value = `${whole.replace(/^0+/, '') || '0'}${scale > 0 ? `.${decimals.slice(0, scale)}` : ''}`;
  return sign === numericNegative && /[1-9]/.test(value) ? `-${value}` : value;
}

/** Days from 1970-01-01 to 2000-01-01. */
const epochDays = 10957;
const two = (value: number) => `${value}`.padStart(2, '0');

function civilText(days: number): string {
  const { year, month, day } = civilDate(days);
  const shown = `${year > 0 ? year : 1 - year}`.padStart(4, '0');
  return `${shown}-${two(month)}-${two(day)}${year > 0 ? '' : ' (BC)'}`;
}

function date(days: number): string {
  if (days === 0x7fff_ffff || days === -0x8000_0000) {
    return days > 0 ? 'infinity' : '-infinity';
  }
  return civilText(days + epochDays);
}

function time(micros: bigint, type: string): string {
  if (micros < 0n || micros > BigInt(microsPerDay)) {
    throw errors.invalidBinary(type, 'beyond 24 hours');
  }
  const value = Number(micros);
  const seconds = Math.floor(value / 1_000_000);
  const clock = `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
  const fraction = value % 1_000_000;
  return fraction === 0 ? clock : `${clock}.${`${fraction}`.padStart(6, '0')}`;
}

const maxZoneSeconds = 16 * 3600;

function timetz(view: DataView): string {
  const west = view.getInt32(8);
  if (Math.abs(west) >= maxZoneSeconds) {
    throw errors.invalidBinary('time with time zone', 'time zone displacement out of range');
  }
  const magnitude = Math.abs(west);
  const parts = [Math.floor(magnitude / 3600), Math.floor(magnitude / 60) % 60, magnitude % 60];
  return `${time(view.getBigInt64(0), 'time with time zone')}${west > 0 ? '-' : '+'}${parts.map(two).join(':')}`;
}

function timestamp(micros: bigint, zone: string): string {
  if (micros === 0x7fff_ffff_ffff_ffffn || micros === -0x8000_0000_0000_0000n) {
    return micros > 0n ? 'infinity' : '-infinity';
  }
  const perDay = BigInt(microsPerDay);
  const inDay = ((micros % perDay) + perDay) % perDay;
  return `${civilText(Number((micros - inDay) / perDay) + epochDays)} ${time(inDay, 'timestamp')}${zone}`;
}

function bits(view: DataView, bytes: Uint8Array): string {
  const count = bytes.length < 4 ? -1 : view.getInt32(0);
  if (count < 0 || bytes.length !== 4 + ((count + 7) >> 3)) {
    throw errors.invalidBinary('bit varying', 'wrong number of bits');
  }
  let all = '';
  for (const byte of bytes.subarray(4)) {
    all += byte.toString(2).padStart(8, '0');
  }
  return all.slice(0, count);
}

function jsonb(_view: DataView, bytes: Uint8Array): string {
  if (bytes[0] !== 1) {
    throw errors.invalidBinary('jsonb', `version ${bytes[0]}`);
  }
  return canonicalText(3802, text(bytes.subarray(1)));
}
