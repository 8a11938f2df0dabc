import { type Clock, createUpstream, type Upstream } from '../../src/dns/upstream/exchange.ts';
import type { Channel } from '../../src/dns/upstream/udp.ts';
import { formatUpstream, type UpstreamAddress } from '../../src/policy/endpoint.ts';
import { buildPacket, type Packet, parsePacket } from './packet.ts';
import { rcodeOf } from './rcodes.ts';
import { recordOf, typeTextOf } from './records.ts';

/** What an upstream does when asked, as a scenario writes it. */
export type Says = {
  readonly answer?: readonly string[];
  readonly authority?: readonly string[];
  readonly additional?: readonly string[];
  readonly rcode?: string;
  readonly flags?: Packet['flags'];
  /** An extended error: its code and text. */
  readonly ede?: string;
  /** Milliseconds until it answers. */
  readonly after?: number;
  readonly silent?: boolean;
  /** Octets with the right id that are no answer. */
  readonly garbage?: boolean;
  /** A sound answer to another question, before the true one. */
  readonly stray?: boolean;
  readonly truncated?: boolean;
  /** The question comes back in lower case. */
  readonly foldsCase?: boolean;
  /** FORMERR or NOTIMP to a query with an OPT record. */
  readonly refusesEdns?: string;
  /** The port is closed. */
  readonly unreachable?: boolean;
  /** What differs over TCP and TLS. */
  readonly stream?: Says;
};

/** What upstreams say, by address, then by `NAME TYPE` or `*`. */
export type Script = Map<string, Map<string, Says>>;

/** Upstreams that exist only as far as a script says. `sent` holds what each was asked. */
export function createFakeUpstreams(clock: Clock, script: Script) {
  const sent: string[] = [];

  function channel(address: string, kind: 'udp' | 'stream'): Channel {
    let nextId = 1;
    return {
      send: (message, hear) => {
        message.writeUInt16BE(nextId++, 0);
        const query = parsePacket(message);
        const question = query.questions[0] as Packet['questions'][number];
        const asked = `${question.name.toLowerCase()} ${typeTextOf(question.type)}`;
        sent.push(`${address} ${kind} ${asked}`);
        const says = saidBy(script, address, asked, kind);
        let forgotten = false;
        const event = says.unreachable
          ? { error: new Error('ECONNREFUSED') }
          : { message: answerTo(query, says) };
        if (!says.silent) {
          clock.after(says.after ?? 10, () => {
            if (says.stray && !forgotten) hear({ message: strayOf(query) });
            if (!forgotten) hear(event);
          });
        }
        return () => {
          forgotten = true;
        };
      },
      close: () => {},
    };
  }
  const connect = (address: UpstreamAddress): Upstream => {
    const text = formatUpstream(address).replace(/:53$/, '');
    const stream = channel(text, 'stream');
    if (address.tlsName !== undefined) return createUpstream({ stream, padTo: 128 });
    return createUpstream({ udp: channel(text, 'udp'), stream, padTo: 0 });
  };
  return { sent, connect };
}

function saidBy(script: Script, address: string, asked: string, kind: 'udp' | 'stream'): Says {
  const [own, all] = [script.get(address), script.get('all')];
  const says = own?.get(asked) ?? own?.get('*') ?? all?.get(asked) ?? all?.get('*');
  if (!says) throw new Error(`${address} is asked for ${asked}, and no step tells what it says`);
  return kind === 'stream' && says.stream ? says.stream : says;
}

function answerTo(query: Packet, says: Says): Buffer {
  if (says.garbage) {
    const octets = Buffer.alloc(40, 0xff);
    octets.writeUInt16BE(query.id, 0);
    octets[2] = 0x81;
    return octets;
  }
  const refused = says.refusesEdns !== undefined && query.edns !== undefined;
  const { answer = [], authority = [], additional = [], truncated = false, flags = [] } = says;
  const [code = '', ...words] = says.ede?.split(' ') ?? [];
  const error = {
    code: 15,
    data: Buffer.concat([Buffer.of(0, Number(code)), Buffer.from(words.join(' '))]),
  };
  return buildPacket({
    id: query.id,
    flags: ['QR', 'RD', 'RA', ...(truncated ? (['TC'] as const) : []), ...flags],
    rcode: rcodeOf(refused ? (says.refusesEdns as string) : (says.rcode ?? 'NOERROR')),
    questions: query.questions.map((question) => ({
      ...question,
      name: says.foldsCase ? question.name.toLowerCase() : question.name,
    })),
    answers: refused ? [] : answer.map(recordOf),
    authorities: refused ? [] : authority.map(recordOf),
    additionals: refused ? [] : additional.map(recordOf),
    ...(query.edns && !refused
      ? { edns: { ...query.edns, options: says.ede === undefined ? [] : [error] } }
      : {}),
  });
}

function strayOf(query: Packet): Buffer {
  const question = {
    ...query.questions[0],
    name: 'other.example.net',
  } as Packet['questions'][number];
  return buildPacket({
    id: query.id,
    flags: ['QR', 'RD', 'RA'],
    questions: [question],
    answers: [recordOf('other.example.net 300 A 203.0.113.66')],
  });
}
