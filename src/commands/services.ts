import { Command } from 'commander';
import { formatPort } from '../policy/fields.ts';
import { readCatalogue, SHIPPED_RULES } from '../policy/load.ts';
import { formatPattern } from '../policy/pattern.ts';
import {
  type Catalogue,
  type FallbackStep,
  ROLES,
  type ServiceName,
  type TunnelService,
} from '../policy/service.ts';
import { UsageFailure } from './failure.ts';
import { type Output, wrap } from './output.ts';

export function servicesCommand(output: Output = process.stdout): Command {
  return new Command('services')
    .description(
      'the catalogue of tunnel services, or one of them with its names, sources and ways round',
    )
    .argument('[id]', 'one service')
    .option('--json', 'print JSON: one object a line')
    .action((id: string | undefined, { json }: { json?: true }) => {
      const catalogue = readCatalogue(SHIPPED_RULES);
      const services =
        id === undefined ? [...catalogue.services.values()] : [serviceOf(catalogue, id)];
      const text = json
        ? services.map((service) => JSON.stringify(asJson(service)))
        : id === undefined
          ? listOf(services)
          : describe(services[0] as TunnelService);
      output.write(`${text.join('\n')}\n`);
    });
}

function serviceOf({ services }: Catalogue, id: string): TunnelService {
  const service = services.get(id);
  if (service) return service;
  const near = [...services.keys()].filter((known) => known.includes(id));
  const hint =
    near.length > 0 ? `did you mean ${near.join(' or ')}?` : '`tunnelwarden services` lists them';
  throw new UsageFailure(`"${id}" is not in the catalogue; ${hint}`);
}

function listOf(services: readonly TunnelService[]): string[] {
  const width = Math.max(...services.map(({ id }) => id.length));
  return services.flatMap(({ id, summary }) => {
    const [first = '', ...rest] = wrap(summary, 78 - width);
    return [`${id.padEnd(width)}  ${first}`, ...rest.map((line) => `${' '.repeat(width)}${line}`)];
  });
}

function describe(service: TunnelService): string[] {
  const {
    title,
    summary,
    homepage,
    checked,
    names,
    sni,
    ports,
    networks,
    ssh,
    fallback,
    attack,
    sources,
  } = service;
  const section = (heading: string, lines: readonly string[]) =>
    lines.length === 0
      ? []
      : ['', heading, ...lines.flatMap((line) => wrap(line, 78)).map((line) => `  ${line}`)];
  return [
    `${title} (${service.id}, ${service.kind})`,
    ...wrap(summary, 80),
    ...(homepage === undefined ? [] : [homepage]),
    ...ROLES.flatMap((role) =>
      section(role, names.filter((name) => name.role === role).map(nameText)),
    ),
    ...section('TLS names', sni.map(formatPattern)),
    ...section(
      'ports',
      ports.length === 0
        ? []
        : [ports.map(formatPort).join(', ') + (ssh ? ', also plain ssh' : '')],
    ),
    ...section(
      'published addresses',
      networks.length === 0 ? [] : [`${networks.length}, in ${service.file}`],
    ),
    ...section('when refused, its agents try', fallback.map(stepText)),
    ...section('ATT&CK', attack.length === 0 ? [] : [attack.join(', ')]),
    ...section(
      `sources (checked ${checked})`,
      sources.map(({ title, url, date }) => `${title}, ${date}${url ? `: ${url}` : ''}`),
    ),
  ];
}

function nameText({ pattern, confidence, note }: ServiceName): string {
  const name = formatPattern(pattern);
  const doubt = confidence === 'documented' ? '' : ` (${confidence})`;
  return note === undefined ? `${name}${doubt}` : `${name}${doubt}: ${note}`;
}

function stepText({ via, names, networks, ports, note }: FallbackStep, index: number): string {
  const where = [...names.map(formatPattern), ...networks.slice(0, 4).map(({ text }) => text)];
  if (networks.length > 4) where.push(`and ${networks.length - 4} addresses more`);
  return [
    `${index + 1}. ${via}`,
    where.join(', '),
    ports.map(formatPort).join(' '),
    note ? `- ${note}` : '',
  ]
    .filter(Boolean)
    .join(' ');
}

function asJson({ names, sni, networks, ports, fallback, ...rest }: TunnelService) {
  return {
    ...rest,
    names: names.map(({ role, pattern, confidence, note }) => ({
      role,
      name: formatPattern(pattern),
      confidence,
      note,
    })),
    sni: sni.map(formatPattern),
    addresses: networks.map(({ text }) => text),
    ports: ports.map(formatPort),
    fallback: fallback.map(({ via, names, networks, ports, note }) => ({
      via,
      names: names.map(formatPattern),
      addresses: networks.map(({ text }) => text),
      ports: ports.map(formatPort),
      note,
    })),
  };
}
