import { createServer, type IncomingMessage, type Server, type ServerResponse, STATUS_CODES } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { tokenOfHeader } from '../../worker/protocol/bearer.ts';
import { maxMessageBytes } from '../../worker/protocol/frames.ts';
import type { WorkerDoor } from '../fleet/roster.ts';

const fleetPath = '/fleet';
const maxHeaderBytes = 16 * 1024;
/** From the first byte of a request to its last header, and to its end. */
const headersTimeoutMs = 5000;
const requestTimeoutMs = 10_000;
const keepAliveMs = 5000;
const maxConnections = 1024;

/** What a page answers: small, whole texts. */
export interface Reply {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

/** Answers GET and HEAD of one path. */
export type Page = () => Reply | Promise<Reply>;

export interface HttpServerOptions {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
  readonly door: WorkerDoor;
  /** Why the gateway takes no queries now (draining, no worker), or null. */
  readonly notReady: () => string | null;
  /** Further pages by path (metrics, dashboard). */
  readonly pages?: Readonly<Record<string, Page>>;
}

const plain = (status: number, body: string): Reply => ({
  status,
  type: 'text/plain; charset=utf-8',
  body: `${body}\n`,
});

/**
 * The gateway's one HTTP server: `GET /livez` (200 while the process answers), `GET /readyz` (503 with the reason while it takes no queries),
 * the upgrade of `/fleet` to a worker's WebSocket, and what else it is given. No request may have a body; everything else is 404.
 */
export class HttpServer {
  readonly #options: HttpServerOptions;
  readonly #server: Server;
  readonly #sockets: WebSocketServer;
  readonly #pages: ReadonlyMap<string, Page>;

  constructor(options: HttpServerOptions) {
    this.#options = options;
    this.#pages = new Map<string, Page>([
      ['/livez', () => plain(200, 'ok')],
      ['/readyz', () => this.#readiness()],
      ...Object.entries(options.pages ?? {}),
    ]);
    this.#server = createServer(
      {
        maxHeaderSize: maxHeaderBytes,
        headersTimeout: headersTimeoutMs,
        requestTimeout: requestTimeoutMs,
        keepAliveTimeout: keepAliveMs,
      },
      (request, response) => void this.#answer(request, response),
    );
    this.#server.maxConnections = maxConnections;
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: maxMessageBytes, perMessageDeflate: false });
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head));
  }

  /** Rejects with the system's error (EADDRINUSE, ...) when the address can't be had. Gives the port. */
  async listen(): Promise<number> {
    await new Promise<void>((resolve, reject) => {
      this.#server.once('error', reject);
      this.#server.listen(this.#options.port, this.#options.host, () => {
        this.#server.off('error', reject);
        resolve();
      });
    });
    return (this.#server.address() as AddressInfo).port;
  }

  /** Ends every connection, workers' too. */
  async close(): Promise<void> {
    for (const socket of this.#sockets.clients) socket.terminate();
    if (!this.#server.listening) return;
    await new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  #readiness(): Reply {
    const reason = this.#options.notReady();
    return reason === null ? plain(200, 'ok') : plain(503, reason);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let reply: Reply;
    try {
      reply = await this.#reply(request);
    } catch (error) {
      reply = plain(500, error instanceof Error ? error.message : 'failed');
    }
    response.writeHead(reply.status, {
      'content-type': reply.type,
      'content-length': Buffer.byteLength(reply.body),
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      ...(reply.status === 405 ? { allow: 'GET, HEAD' } : {}),
      ...(hasBody(request) ? { connection: 'close' } : {}),
    });
    response.end(request.method === 'HEAD' ? undefined : reply.body);
  }

  async #reply(request: IncomingMessage): Promise<Reply> {
    const page = this.#pages.get(pathOf(request));
    if (page === undefined) return plain(404, 'not found');
    if (request.method !== 'GET' && request.method !== 'HEAD') return plain(405, 'only GET and HEAD');
    if (hasBody(request)) return plain(413, 'no body is taken');
    return await page();
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    const { door } = this.#options;
    const address = request.socket.remoteAddress ?? '';
    if (pathOf(request) !== fleetPath) refuseUpgrade(socket, 404, 'not found');
    else if (!door.authorize(tokenOfHeader(request.headers.authorization))) refuseUpgrade(socket, 401, 'wrong token');
    else this.#sockets.handleUpgrade(request, socket, head, (webSocket) => door.accept(webSocket, address));
  }
}

function pathOf(request: IncomingMessage): string {
  return (request.url ?? '/').split('?', 1)[0] ?? '/';
}

function hasBody(request: IncomingMessage): boolean {
  return request.headers['transfer-encoding'] !== undefined || Number(request.headers['content-length'] ?? 0) > 0;
}

function refuseUpgrade(socket: Duplex, status: number, reason: string): void {
  socket.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\n` +
      `Content-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  );
}
