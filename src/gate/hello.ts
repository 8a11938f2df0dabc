import type { Name } from '../policy/name.ts';
import { ja4Of } from './ja4.ts';
import type { Opening } from './opening.ts';
import { serverNameOf } from './server-name.ts';
import {
  Fault,
  fault,
  isDone,
  restOf,
  skip,
  take,
  takeNumbers,
  takeOnly,
  takeVector,
  type Vector,
  vectorOf,
} from './vector.ts';

/** A TLS ClientHello (RFC 8446 section 4.1.2), as far as it is of interest. */
export type ClientHello = {
  /** The server name (RFC 6066 section 3); undefined where there is none, or an empty one. */
  readonly serverName?: Name;
  /** Protocols offered (RFC 7301), in the client's order. */
  readonly alpn: readonly string[];
  /** True where an encrypted inner hello may be within (RFC 9849); browsers send it as grease as well. */
  readonly ech: boolean;
  /** JA4 fingerprint of the client, `t13d1516h2_8daaf6152771_e5627efa2ab1`. */
  readonly ja4: string;
};

const SERVER_NAME = 0;
const SIGNATURE_ALGORITHMS = 13;
const ALPN = 16;
const SUPPORTED_VERSIONS = 43;
const ENCRYPTED_CLIENT_HELLO = 0xfe0d;

const HOST_NAME = 0;
const RANDOM = 32;
const MAX_SESSION_ID = 32;

/**
 * Reads a ClientHello without its message header: one that is sound in all of its structure, or one that is
 * malformed. Strict, because what servers do not read in the same way could be judged by another name than
 * the one they serve.
 */
export function readHello(message: Uint8Array): Opening {
  try {
    return { kind: 'tls', hello: helloOf(vectorOf(message)) };
  } catch (error) {
    if (error instanceof Fault) return { kind: 'malformed', reason: error.message };
    throw error;
  }
}

function helloOf(hello: Vector): ClientHello {
  const legacyVersion = take(hello, 2, 'the hello');
  skip(hello, RANDOM, 'the random');
  const sessionId = takeVector(hello, 1, 'the session id');
  if (sessionId.end - sessionId.at > MAX_SESSION_ID) throw fault('the session id is too long');
  const ciphers = takeNumbers(takeVector(hello, 2, 'the list of ciphers'), 'the list of ciphers');
  if (ciphers.length === 0) throw fault('the hello offers no cipher');
  if (isDone(takeVector(hello, 1, 'the list of compressions'))) {
    throw fault('the hello offers no compression, not even none');
  }
  const extensions = extensionsOf(hello);
  const serverName = hostNameOf(extensions.get(SERVER_NAME));
  const alpn = protocolsOf(extensions.get(ALPN));
  return {
    ...(serverName === undefined ? {} : { serverName }),
    alpn,
    ech: extensions.has(ENCRYPTED_CLIENT_HELLO),
    ja4: ja4Of({
      legacyVersion,
      versions: numbersOf(extensions.get(SUPPORTED_VERSIONS), 1, 'the list of versions'),
      ciphers,
      extensions: [...extensions.keys()],
      signatureAlgorithms: numbersOf(
        extensions.get(SIGNATURE_ALGORITHMS),
        2,
        'the list of signature algorithms',
      ),
      alpn,
    }),
  };
}

/** Extensions by type. Before TLS 1.3 a hello may end without them (RFC 5246 section 7.4.1.2). */
function extensionsOf(hello: Vector): ReadonlyMap<number, Vector> {
  const found = new Map<number, Vector>();
  if (isDone(hello)) return found;
  const extensions = takeOnly(hello, 2, 'the list of extensions');
  while (!isDone(extensions)) {
    const type = take(extensions, 2, 'an extension');
    // RFC 8446 section 4.2 forbids it; a server might go by the first, another by the last.
    if (found.has(type)) throw fault(`extension ${type} is there twice`);
    found.set(type, takeVector(extensions, 2, 'an extension'));
  }
  return found;
}

/**
 * The one name of the list. Others cannot follow: RFC 6066 section 3 forbids two of a type, and has no other
 * type than host names. An empty name, list or extension names nobody.
 */
function hostNameOf(extension: Vector | undefined): Name | undefined {
  if (!extension || isDone(extension)) return undefined;
  const list = takeOnly(extension, 2, 'the list of server names');
  if (isDone(list)) return undefined;
  if (take(list, 1, 'the list of server names') !== HOST_NAME) {
    throw fault('a server name is of an unknown type');
  }
  const name = takeVector(list, 2, 'the server name');
  if (!isDone(list)) throw fault('there is more than one server name');
  return isDone(name) ? undefined : serverNameOf(restOf(name));
}

function protocolsOf(extension: Vector | undefined): readonly string[] {
  if (!extension) return [];
  const list = takeOnly(extension, 2, 'the list of protocols');
  const protocols: string[] = [];
  while (!isDone(list)) {
    const protocol = takeVector(list, 1, 'a protocol');
    if (isDone(protocol)) throw fault('a protocol has no name');
    protocols.push(Buffer.from(restOf(protocol)).toString('latin1'));
  }
  return protocols;
}

function numbersOf(extension: Vector | undefined, size: 1 | 2, what: string): readonly number[] {
  return extension ? takeNumbers(takeOnly(extension, size, what), what) : [];
}
