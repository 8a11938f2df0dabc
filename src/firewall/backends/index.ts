import type { Backend } from '../backend.ts';
import { adblockBackend } from './adblock.ts';
import { awsBackend } from './aws.ts';
import { bindBackend } from './bind.ts';
import { dnsmasqBackend } from './dnsmasq.ts';
import { domainsBackend } from './domains.ts';
import { fortigateBackend } from './fortigate.ts';
import { haproxyBackend } from './haproxy.ts';
import { hostsBackend } from './hosts.ts';
import { iptablesBackend } from './iptables.ts';
import { nftablesBackend } from './nftables.ts';
import { nginxBackend } from './nginx.ts';
import { paloaltoBackend } from './paloalto.ts';
import { pfFreebsdBackend } from './pf-freebsd.ts';
import { pfOpenbsdBackend } from './pf-openbsd.ts';
import { routerosBackend } from './routeros.ts';
import { rpzBackend } from './rpz.ts';
import { sigmaBackend } from './sigma.ts';
import { squidBackend } from './squid.ts';
import { suricataBackend } from './suricata.ts';
import { unboundBackend } from './unbound.ts';
import { windowsBackend } from './windows.ts';

/** Every dialect, in the order `generate --list` tells of them: packets, names, TLS names, lists, vendors. */
export const BACKENDS: readonly Backend[] = [
  nftablesBackend,
  iptablesBackend,
  pfOpenbsdBackend,
  pfFreebsdBackend,
  rpzBackend,
  unboundBackend,
  dnsmasqBackend,
  bindBackend,
  squidBackend,
  haproxyBackend,
  nginxBackend,
  suricataBackend,
  sigmaBackend,
  domainsBackend,
  hostsBackend,
  adblockBackend,
  paloaltoBackend,
  fortigateBackend,
  routerosBackend,
  awsBackend,
  windowsBackend,
];
