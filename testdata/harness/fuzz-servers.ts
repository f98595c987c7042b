import { RoleStore } from '../../gateway/catalog/roles/role-store.ts';
import { makeUserLine, parseUsers, usersOf } from '../../gateway/pgwire/users.ts';
import { WireServer } from './wire-server.ts';

/** A server that trusts everybody, and one that asks for a password that nobody knows. */
export interface FuzzServers {
  readonly open: WireServer;
  readonly strict: WireServer;
}

export async function startFuzzServers(authTimeoutMs: number): Promise<FuzzServers> {
  const limits = { authTimeoutMs, maxMessageBytes: 1024 * 1024 };
  const users = usersOf('scram-sha-256', new RoleStore(null, parseUsers(await makeUserLine('someone', 'else'))));
  return { open: await WireServer.start(limits), strict: await WireServer.start({ ...limits, users }) };
}

export async function stopFuzzServers({ open, strict }: FuzzServers): Promise<void> {
  await open.stop();
  await strict.stop();
}
