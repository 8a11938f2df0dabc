import { z } from 'zod';
import { name } from '../policy/fields.ts';
import { isAtOrBelow, labelsOf, type Name, parseName } from '../policy/name.ts';
import { InputError, type Problem } from '../policy/problem.ts';
import type { TunnelService } from '../policy/service.ts';
import { readYaml, type Source } from '../policy/yaml.ts';
import { forTerminal } from '../text.ts';
import { TARGETS_ADVICE } from './ingress.ts';

/** An agent ingress as the vendor's API tells of it: what of it goes into a policy. */
export type ApiIngress = {
  readonly domain: Name;
  readonly nameservers: readonly Name[];
  readonly names: readonly Name[];
  readonly issuer: 'ngrok' | 'letsencrypt';
};

export type ApiAnswer = {
  readonly ingresses: readonly ApiIngress[];
  /** True where the list goes on at `next_page_uri`. */
  readonly hasMore: boolean;
};

// Keys we do not know are no fault here: the vendor's object may grow.
const ingress = z.looseObject({
  domain: name,
  ns_targets: z
    .array(name)
    .min(1, 'is empty: the vendor has not set the ingress up yet; ask again later')
    .prefault([]),
  region_domains: z.array(name).nullish(),
  certificate_management_policy: z
    .looseObject({
      authority: z.literal('letsencrypt', 'is not an authority we know; only letsencrypt is'),
    })
    .nullish(),
});
const list = z.looseObject({
  ingresses: z.array(ingress).min(1, 'is empty: the account has no agent ingress'),
  next_page_uri: z.string().nullish(),
});
const refusal = z.looseObject({ error_code: z.string().nullish(), msg: z.string() });

/**
 * Reads the API's answer: one ingress, or the list of them. Throws InputError with every fault, among
 * them values of the documentation's examples and domains of the vendor's own.
 */
export function readApiAnswer(file: string, text: string, vendor: readonly Name[]): ApiAnswer {
  const whole = readYaml(file, text, z.looseObject({}));
  if ('ingresses' in whole.value) {
    const { value, placeOf } = readYaml(file, text, list);
    const at = (i: number) => ['ingresses', i];
    check(value.ingresses.flatMap((object, i) => faultsOf(object, at(i), placeOf, vendor)));
    const hasMore = (value.next_page_uri ?? '') !== '';
    return { ingresses: value.ingresses.map(ingressOf), hasMore };
  }
  if (!('domain' in whole.value)) throw new InputError([notAnIngress(whole)]);
  const { value, placeOf } = readYaml(file, text, ingress);
  check(faultsOf(value, [], placeOf, vendor));
  return { ingresses: [ingressOf(value)], hasMore: false };
}

type ApiObject = z.output<typeof ingress>;

function ingressOf(object: ApiObject): ApiIngress {
  const { domain, ns_targets: targets, region_domains: regions } = object;
  return {
    domain,
    nameservers: [...new Set(targets)].sort(),
    names: [...new Set(regions ?? [])].sort(),
    issuer: object.certificate_management_policy ? 'letsencrypt' : 'ngrok',
  };
}

function check(problems: readonly Problem[]): void {
  if (problems.length > 0) throw new InputError(problems);
}

/** Names inside a cluster: what the examples of the API's documentation were made in. */
const CLUSTER = parseName('cluster.local');

function faultsOf(
  { domain, ns_targets: targets, region_domains: regions }: ApiObject,
  at: readonly PropertyKey[],
  placeOf: Source<unknown>['placeOf'],
  vendor: readonly Name[],
): readonly Problem[] {
  const fault = (path: readonly PropertyKey[], message: string): Problem => {
    const whole = [...at, ...path];
    return { severity: 'error', place: placeOf(whole), path: whole.join('.'), message };
  };
  const own = vendor.find((theirs) => isAtOrBelow(domain, theirs));
  return [
    ...(own === undefined
      ? []
      : [
          fault(
            ['domain'],
            `${domain} is of the vendor's own ${own}; an ingress is below a domain of yours`,
          ),
        ]),
    ...targets.flatMap((target, i) => {
      if (isAtOrBelow(target, CLUSTER)) {
        const message = `${target} is from an example of the documentation, no real target; ${TARGETS_ADVICE}`;
        return [fault(['ns_targets', i], message)];
      }
      if (!isAtOrBelow(target, domain)) return [];
      const message = `${target} is inside the domain it is to serve; ${TARGETS_ADVICE}`;
      return [fault(['ns_targets', i], message)];
    }),
    ...(regions ?? []).flatMap((region, i) =>
      isAtOrBelow(region, domain)
        ? []
        : [
            fault(
              ['region_domains', i],
              `${region} is not below ${domain}; fetch the object again`,
            ),
          ],
    ),
  ];
}

function notAnIngress({ value, placeOf }: Source<object>): Problem {
  const refused = refusal.safeParse(value);
  const message = refused.success
    ? forTerminal(`is a refusal of the API: ${refused.data.error_code ?? ''} ${refused.data.msg}`)
    : 'is no agent ingress: it has neither `domain` nor `ingresses`; give the answer of GET https://api.ngrok.com/agent_ingresses';
  return { severity: 'error', place: placeOf([]), path: '', message };
}

/** The domains a service lives under itself: the last two labels of what agents dial and visitors use. */
export function vendorDomains({ names }: TunnelService): readonly Name[] {
  const own = names
    .filter(({ confidence }) => confidence !== 'derived')
    .filter(({ role }) => role === 'session' || role === 'endpoint')
    .map(({ pattern }) => parseName(labelsOf(pattern.name).slice(-2).join('.')));
  return [...new Set(own)].sort();
}
