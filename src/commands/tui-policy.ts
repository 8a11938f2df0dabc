import { statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { BACKENDS } from '../firewall/backends/index.ts';
import type { Format } from '../ingress/formats/format.ts';
import { FORMATS } from '../ingress/formats/index.ts';
import { publicationOf } from '../ingress/records.ts';
import type { Check as Finding } from '../ingress/verify/check.ts';
import { excepting } from '../policy/excepting.ts';
import type { Exception } from '../policy/exception.ts';
import type { Loaded } from '../policy/load.ts';
import { loadPolicyAside } from '../policy/load-aside.ts';
import { parseDomain } from '../policy/name.ts';
import { type Address, parseAddress } from '../policy/network.ts';
import { formatProblem } from '../policy/problem.ts';
import type { TunnelService } from '../policy/service.ts';
import type {
  ArtifactView,
  Check,
  ClosureChain,
  PolicyView,
  Question,
  RecordsView,
  Text,
} from '../tui/source.ts';
import { backendOf, print } from './artifacts.ts';
import { chainsOf, namedBy } from './chains.ts';
import { explanationOf, explanationText, parseSubject } from './explaining.ts';
import { CommandFailure, UsageFailure } from './failure.ts';
import { driftOf } from './tui-drift.ts';
import type { PolicySource } from './tui-source.ts';
import { verifyIngress } from './verifying.ts';

export type PolicyOptions = {
  /** None where there is none: every answer is then how to name one. */
  readonly file: string | undefined;
  /** The exceptions in force, which `explain` heeds. */
  readonly exceptions: () => Promise<readonly Exception[]>;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
};

/** Answers what a policy means, read anew whenever its files change. */
export function createPolicySource({ file, exceptions, now }: PolicyOptions): PolicySource {
  let known: { readonly key: string; readonly loaded: Promise<Loaded> } | undefined;

  const current = async (): Promise<Loaded> => {
    if (file === undefined) {
      throw new CommandFailure(
        'There is no policy to look at: start tui with --policy FILE, or where policy.yaml is.',
      );
    }
    const before = known && (await known.loaded.catch(() => undefined));
    const key = stampOf(file, before);
    if (known?.key !== key || !before) {
      const loaded = loadPolicyAside(file, now());
      known = { key, loaded };
      // Lists are known only now.
      known = { key: stampOf(file, await loaded), loaded };
    }
    return known.loaded;
  };

  return {
    ask: async (question: Question) => {
      const loaded = await current();
      switch (question.kind) {
        case 'policy':
          return viewOf(loaded);
        case 'explain': {
          const { subject, client } = question;
          const made = excepting(loaded.ruleset, await exceptions(), loaded.catalogue, now());
          return explained({ ...loaded, ruleset: made.ruleset }, subject, client);
        }
        case 'records':
          return recordsOf(loaded, question.domain, question.format);
        case 'verify': {
          const domain = [parseDomain(question.domain)];
          const [verified] = await verifyIngress(loaded, { domain });
          return (verified?.checks ?? []).map(checkOf);
        }
        case 'artifact':
          return artifactOf(loaded, question.backend);
        case 'drift':
          return driftOf(loaded, backendOf(question.backend));
        case 'closure':
          return closureOf(loaded);
        default:
          throw new Error(`a policy cannot answer ${question.kind}`);
      }
    },
    close: () => {},
  };
}

/** Changes whenever one of the policy's files does. */
function stampOf(file: string, loaded: Loaded | undefined): string {
  const lists = loaded?.policy.lists.map((list) => resolve(dirname(file), list.file)) ?? [];
  return [file, ...lists]
    .map((path) => {
      const found = statSync(path, { throwIfNoEntry: false });
      return found ? `${found.ino}:${found.size}:${found.mtimeMs}` : 'none';
    })
    .join(' ');
}

function viewOf({ policy, ruleset, catalogue, warnings }: Loaded): PolicyView {
  return {
    ...{ file: policy.file, mode: ruleset.mode, digest: ruleset.digest },
    rules: ruleset.rules.length,
    ingress: policy.ingress.map(({ domain, service }) => ({ domain, service })),
    warnings: warnings.map(formatProblem),
    services: [...catalogue.services.values()].map((service) => ({
      ...{ id: service.id, title: service.title, names: service.names.length },
      ...{ checked: service.checked, action: actionOf(ruleset.rules, service) },
    })),
    backends: BACKENDS.map(({ id, title }) => ({ id, title })),
    formats: FORMATS.map(({ id }) => id),
  };
}

/** What is done with what its agents dial, for whoever has no rule of his own. */
function actionOf(rules: Loaded['ruleset']['rules'], { id }: TunnelService): string {
  const own = rules.filter(
    ({ service, role, target, origin }) =>
      service === id && role === 'session' && target.kind === 'name' && origin !== 'ingress',
  );
  const everyone = own.find(({ clients }) => clients === 'everyone');
  if (everyone) return everyone.action;
  return own.length > 0 ? 'some' : '-';
}

function explained(loaded: Loaded, subject: string, client: string): readonly Text[] {
  if (subject === '') return [];
  const who: Address = parseAddress(client === '' ? '127.0.0.1' : client);
  const [asked, explanation] = explanationOf(loaded.ruleset, who, parseSubject(subject));
  const lines = explanationText(loaded.ruleset, asked, who, 'A', explanation).trimEnd().split('\n');
  return lines.map((text, i) => (i === 0 ? { text, tone: 'strong' } : { text }));
}

function recordsOf({ policy }: Loaded, domain: string, id: string): RecordsView {
  const entry = policy.ingress.find((ingress) => ingress.domain === domain);
  const format = FORMATS.find((known) => known.id === id) as Format;
  if (!entry) throw new UsageFailure(`${domain} is not an ingress of ${policy.file} any more`);
  const files = format.print(publicationOf(policy.organisation.name, [entry]));
  return { files: files.map(({ path, text }) => ({ name: path, text })), notes: [format.use] };
}

const STATES = { ok: 'good', warn: 'warn', fail: 'bad', skip: 'unknown' } as const;

function checkOf({ check, status, why, remedy }: Finding): Check {
  const text = remedy === undefined ? why : `${why} To do: ${remedy}`;
  return { state: STATES[status], title: check, text };
}

function artifactOf(loaded: Loaded, id: string): ArtifactView {
  const { artifacts, plan } = print(loaded, backendOf(id));
  return {
    files: artifacts.map(({ path, text }) => ({ name: path, text })),
    gaps: plan.gaps.map(({ about, text }) => ({ about, text })),
  };
}

function closureOf(loaded: Loaded): readonly ClosureChain[] {
  const isNamed = namedBy(loaded, undefined);
  const client = parseAddress('127.0.0.1');
  return chainsOf(loaded, { client, backend: backendOf('nftables') }).map(({ service, steps }) => ({
    ...{ service: service.id, title: service.title, isNamed: isNamed(service.id) },
    steps: steps.map(({ id, state, by, why, remedy, collateral }) => ({
      ...{ id, state, by: by.map(({ where, rule }) => `${where}: ${rule}`) },
      ...(why === undefined ? {} : { why }),
      ...(remedy === undefined ? {} : { remedy }),
      ...(collateral === undefined ? {} : { collateral }),
    })),
  }));
}
