/** The `Authorization` header of a worker's upgrade: `Bearer` and the token's UTF-8 bytes as base64url, so that any text can be a token. */

/** Longest header that is looked at. */
const maxHeaderLength = 2048;

export function bearerHeader(token: string): string {
  return `Bearer ${Buffer.from(token, 'utf8').toString('base64url')}`;
}

/** The token, or undefined when there is none. */
export function tokenOfHeader(header: string | undefined): string | undefined {
  if (header === undefined || header.length > maxHeaderLength) return undefined;
  const encoded = /^Bearer ([\w-]*)$/i.exec(header)?.[1];
  return encoded === undefined ? undefined : Buffer.from(encoded, 'base64url').toString('utf8');
}
