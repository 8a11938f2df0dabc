import { bindFormat } from './bind.ts';
import { cloudflareFormat } from './cloudflare.ts';
import { dnscontrolFormat } from './dnscontrol.ts';
import { dnsmasqFormat } from './dnsmasq.ts';
import { externaldnsFormat } from './externaldns.ts';
import type { Format } from './format.ts';
import { jsonFormat } from './json.ts';
import { nsupdateFormat } from './nsupdate.ts';
import { octodnsFormat } from './octodns.ts';
import { powerdnsFormat } from './powerdns.ts';
import { powershellFormat } from './powershell.ts';
import { route53Format } from './route53.ts';
import { tableFormat } from './table.ts';
import { terraformFormat } from './terraform.ts';
import { unboundFormat } from './unbound.ts';
import { zoneFormat } from './zone.ts';

/** Every format, in the order they are told of: what publishes, what resolves, what is read. */
export const FORMATS: readonly Format[] = [
  zoneFormat,
  nsupdateFormat,
  terraformFormat,
  route53Format,
  cloudflareFormat,
  octodnsFormat,
  dnscontrolFormat,
  externaldnsFormat,
  powerdnsFormat,
  powershellFormat,
  dnsmasqFormat,
  unboundFormat,
  bindFormat,
  tableFormat,
  jsonFormat,
];
