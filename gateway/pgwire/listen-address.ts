import { BlockList, isIP } from 'node:net';
import { errors } from '../../planner/errors.ts';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');
const mappedPrefix = '::ffff:';

/** True for addresses and names that only this host can reach. */
export function isLoopback(host: string): boolean {
  const address = host.toLowerCase().startsWith(mappedPrefix) ? host.slice(mappedPrefix.length) : host;
  const family = isIP(address);
  if (family === 0) {
    return address.toLowerCase() === 'localhost';
  }
  return loopback.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** @throws SluiceError 28000 when others could reach `host` and passwords or TLS are missing. */
export function checkListenAddress(host: string, hasUsers: boolean, hasTls: boolean): void {
  if (!isLoopback(host) && !(hasUsers && hasTls)) {
    throw errors.insecureListen(host);
  }
}
