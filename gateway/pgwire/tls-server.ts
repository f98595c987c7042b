/** TLS on a socket that has already said that it wants it. */
import { createHash, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { errors } from '../../planner/errors.ts';
import { signatureHash } from './signature-hash.ts';

/** PEM texts. */
export interface TlsFiles {
  readonly key: string | Buffer;
  readonly cert: string | Buffer;
  /** Clients are asked for a certificate that one of these has issued; absent: they are not asked. */
  readonly clientCa?: string | Buffer;
}

export const alpnProtocol = 'postgresql';

/** Makes sockets into encrypted ones; never listens itself. */
export class TlsServer {
  readonly #server: Server;
  readonly #waiting = new Map<string, (secured: TLSSocket | undefined) => void>();
  /** What a client binds its log-in to (RFC 5929, tls-server-end-point); undefined: the certificate's signature has no such hash. */
  readonly endPoint: Buffer | undefined;
  readonly asksForCertificates: boolean;

  /** Throws what Node says of a key or certificate that is none. */
  constructor({ key, cert, clientCa }: TlsFiles) {
    this.asksForCertificates = clientCa !== undefined;
    const client = clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: false };
    this.#server = createServer({ key, cert, ALPNProtocols: [alpnProtocol], ...client });
    this.#server.on('secureConnection', (secured) => this.#done(secured, secured));
    this.#server.on('tlsClientError', (_error, secured) => this.#done(secured, undefined));
    const { raw } = new X509Certificate(cert);
    const hash = signatureHash(raw);
    this.endPoint = hash === undefined ? undefined : createHash(hash).update(raw).digest();
  }

  /** Undefined: the handshake failed, or the client's certificate is none of ours. There is no one to tell then. */
  async secure(socket: Socket): Promise<TLSSocket | undefined> {
    const key = keyOf(socket);
    const secured = new Promise<TLSSocket | undefined>((resolve) => {
      this.#waiting.set(key, resolve);
    });
    const gone = once(socket, 'close').then(() => Promise.reject(errors.connectionLost()));
    try {
      this.#server.emit('connection', socket);
      // `once` rejects on 'error'; a client that closes in the middle gives 'close' alone.
      return checked(await Promise.race([secured, gone]));
    } catch {
      // A failed handshake has no one to tell: the stream is neither plain nor encrypted.
      socket.destroy();
      return undefined;
    } finally {
      gone.catch(() => undefined);
      this.#waiting.delete(key);
    }
  }

  #done(socket: TLSSocket, outcome: TLSSocket | undefined): void {
    this.#waiting.get(keyOf(socket))?.(outcome);
  }
}

/** One connection of this machine. */
function keyOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return [remoteAddress, remotePort, localAddress, localPort].join(' ');
}

function checked(secured: TLSSocket | undefined): TLSSocket | undefined {
  if (secured === undefined || secured.authorized || !hasCertificate(secured)) {
    return secured;
  }
  secured.destroy();
  return undefined;
}

function hasCertificate(secured: TLSSocket): boolean {
  return Object.keys(secured.getPeerCertificate() ?? {}).length > 0;
}

/** The common name of the client's certificate, which was checked; undefined: it has none. */
export function clientName(secured: TLSSocket): string | undefined {
  const { subject } = secured.getPeerCertificate() ?? {};
  return secured.authorized && typeof subject?.CN === 'string' ? subject.CN : undefined;
}
