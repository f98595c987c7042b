import { isIPv6 } from 'node:net';
import { errors } from '../../planner/errors.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** `127.0.0.1:5480`, `[::1]:5480`, `:5480` (every interface) or `5480` (loopback). Raises 22023. */
export function parseAddress(text: string, flag: string): Address {
  const match = /^(?:(?:\[([^\]]+)\]|([^:[\]]*)):)?(\d{1,5})$/.exec(text.trim());
  const port = Number(match?.[3]);
  if (match === null || port > 65_535) throw errors.invalidSetting(flag, text, 'HOST:PORT, such as 127.0.0.1:5480');
  const host = match[1] ?? match[2];
  if (host === undefined) return { host: '127.0.0.1', port };
  return { host: host === '' ? '0.0.0.0' : host, port };
}

/** `127.0.0.1:5480`; IPv6 in brackets. */
export function printAddress(address: Address): string {
  return `${isIPv6(address.host) ? `[${address.host}]` : address.host}:${address.port}`;
}
