/** Limits of the wire that are not settings. */

/** As PostgreSQL's MAX_STARTUP_PACKET_LENGTH. */
export const maxStartupBytes = 10_000;
/** As PostgreSQL's PG_MAX_AUTH_TOKEN_LENGTH: messages before the log-in is done. */
export const maxAuthMessageBytes = 65_535;
/** SSLRequest and GSSENCRequest that one connection may send before its startup message. */
export const maxNegotiations = 2;
/** Buffered output is sent when it reaches this. */
export const outputFlushBytes = 64 * 1024;
/** An answer of more is read by its client: kernels don't hold as much for it. */
export const provenBytes = 8 * 1024 * 1024;
/** Parts that are smaller, on average, are put together; larger ones are sent as they are. */
export const copiedPartBytes = 8 * 1024;
/** Bytes of messages not yet handled, above which the socket is not read further. */
export const inputPauseBytes = 1024 * 1024;
/** Sockets beyond the connection limit, so that cancel requests and refusals still get through. */
export const reserveSockets = 64;
/** How long the last message of a closing connection may take to leave. */
export const closeGraceMs = 2_000;
/** A client that says nothing for so long is asked by TCP whether it is still there: one that vanished without a word is gone soon after. */
export const keepAliveMs = 60_000;
