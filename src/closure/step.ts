import type { Opening } from '../gate/opening.ts';
import type { Name } from '../policy/name.ts';
import type { Address } from '../policy/network.ts';
import type { Transport } from '../policy/service.ts';

/**
 * The steps of a way round, by what an agent, or whoever uses it, does. A step on a port that only one
 * service uses for ssh is `ssh-PORT` as well.
 *
 * - system-dns: asks the resolver it was given
 * - foreign-dns, dot: asks a public resolver, in clear or over TLS
 * - doh-name, doh-address: asks one over HTTPS, which it finds by name or has the address of
 * - file: fetches a list of addresses
 * - session-name: dials the session's address with its own TLS name, however it came by the address
 * - session-fragmented: the same, with a hello cut so that the name is in two segments
 * - session-decoy: the same, with a sanctioned name somewhere in the hello that is no server name
 * - session-address: the same without a server name
 * - session-foreign-sni: the same with the name of somebody else
 * - session-reversed-sni: the same with a name spelt backwards, or one that is never looked up
 * - session-sanctioned-sni: the same with the name of the sanctioned ingress
 * - quic: UDP to the session's address
 * - ssh-22, ssh-443: plain ssh to it
 * - proxy: has a proxy of the network do any of it
 */
export type StepId =
  | 'system-dns'
  | 'foreign-dns'
  | 'dot'
  | 'doh-name'
  | 'doh-address'
  | 'file'
  | 'session-name'
  | 'session-fragmented'
  | 'session-decoy'
  | 'session-address'
  | 'session-foreign-sni'
  | 'session-reversed-sni'
  | 'session-sanctioned-sni'
  | 'quic'
  | `ssh-${number}`
  | 'proxy';

/** Where a flow goes: to an address, or to wherever the address book says that a name lives. */
export type Place = { readonly address: Address } | { readonly name: Name };

/**
 * How a hello's octets travel: as one segment, cut within the server name, or with the name of the
 * sanctioned ingress in an extension that is no server name.
 */
export type Wire = 'whole' | 'fragmented' | 'decoy';

/** One thing that is tried: a question to our resolver, or a flow through the gateway. */
export type Probe =
  | { readonly kind: 'question'; readonly name: Name }
  | {
      readonly kind: 'flow';
      readonly to: Place;
      readonly transport: Transport;
      readonly port: number;
      /** What a TCP connection begins with; none for UDP. */
      readonly opening?: Opening;
      /** `whole` where it is not said. */
      readonly wire?: Wire;
      /** The question it carries in clear. */
      readonly asks?: Name;
    };

/** Probes that all have to get through, in this order. */
export type Way = readonly Probe[];

/** A step gets through where one of its ways does. */
export type Step = {
  readonly id: StepId;
  /** True where the catalogue says that agents of the service do it by themselves or are known to be made to. */
  readonly known: boolean;
  /** What the catalogue says of it. */
  readonly notes: readonly string[];
  readonly ways: readonly Way[];
};
