import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { Script } from 'node:vm';
import { parse } from 'yaml';
import { cloudflareFormat } from '../../src/ingress/formats/cloudflare.ts';
import { dnscontrolFormat } from '../../src/ingress/formats/dnscontrol.ts';
import { externaldnsFormat } from '../../src/ingress/formats/externaldns.ts';
import type { Format } from '../../src/ingress/formats/format.ts';
import { FORMATS } from '../../src/ingress/formats/index.ts';
import { jsonFormat } from '../../src/ingress/formats/json.ts';
import { octodnsFormat } from '../../src/ingress/formats/octodns.ts';
import { powerdnsFormat } from '../../src/ingress/formats/powerdns.ts';
import { powershellFormat } from '../../src/ingress/formats/powershell.ts';
import { route53Format } from '../../src/ingress/formats/route53.ts';
import { terraformFormat } from '../../src/ingress/formats/terraform.ts';
import { hclText } from '../../src/ingress/hcl-text.ts';
import type { Publication } from '../../src/ingress/records.ts';
import { filesBelow } from '../support/golden.ts';
import { CASES, GOLDEN, published, publishedCase } from './publications.ts';

for (const name of CASES) {
  for (const format of FORMATS) {
    test(`${format.id}: ${name} as it stands in golden`, () => {
      const folder = join(GOLDEN, name, format.id);
      const files = format.print(publishedCase(name));
      if (process.env.UPDATE_GOLDEN) {
        rmSync(folder, { recursive: true, force: true });
        for (const { path, text } of files) {
          mkdirSync(dirname(join(folder, path)), { recursive: true });
          writeFileSync(join(folder, path), text);
        }
      }
      assert.deepEqual(files.map(({ path }) => path).sort(), filesBelow(folder));
      for (const { path, text } of files) {
        assert.equal(text, readFileSync(join(folder, path), 'utf8'));
      }
    });

    test(`${format.id}: ${name} in printable lines`, () => {
      for (const { path, text } of format.print(publishedCase(name))) {
        // JSON carries any letter; what acts on a terminal is escaped there too.
        if (format.id !== 'json' && format.id !== 'table') {
          assert.match(text, /^(?:[\x20-\x7e]*\n)*$/, path);
        } else assert.doesNotMatch(text, /[^\P{C}\n]|[\p{Zl}\p{Zp}]/u, path);
      }
    });
  }
}

/** Every record as `ZONE OWNER TTL TYPE DATA`, all names whole and without a final dot: what every format has to say. */
function expected({ delegations }: Publication, ttlOf = (ttl: number) => ttl): string[] {
  return delegations
    .flatMap(({ domain, ttl, nameservers, ds }) => [
      ...nameservers.map((target) => `${domain} ${ttlOf(ttl)} NS ${target}`),
      ...ds.map(
        ({ keyTag, algorithm, digestType, digest }) =>
          `${domain} ${ttlOf(ttl)} DS ${keyTag} ${algorithm} ${digestType} ${digest}`,
      ),
    ])
    .sort();
}

/** As octoDNS and Kubernetes read it: `no` and `1e3` without quotes are no text there. */
const readPlainYaml = (text: string): unknown => parse(text, { version: '1.1' });

const undotted = (text: string) => text.replace(/\.$/, '');
const dotted = (text: string) => {
  assert.match(text, /\.$/);
  return undotted(text);
};

/** What a file holds, as far as it is looked at; each consumer has its own spelling. */
type Route53Set = {
  readonly Name: string;
  readonly Type: string;
  readonly TTL: number;
  readonly ResourceRecords: readonly { readonly Value: string }[];
};
type Route53 = {
  readonly Changes: readonly { readonly Action: string; readonly ResourceRecordSet: Route53Set }[];
};
type PowerDns = {
  readonly rrsets: readonly {
    readonly name: string;
    readonly type: string;
    readonly ttl: number;
    readonly changetype: string;
    readonly records: readonly { readonly content: string }[];
  }[];
};
type Cloudflare = {
  readonly posts: readonly {
    readonly name: string;
    readonly type: string;
    readonly ttl: number;
    readonly comment: string;
    readonly content?: string;
    readonly data?: Readonly<Record<string, string | number>>;
  }[];
};
type Own = {
  readonly ingress: readonly {
    readonly records: readonly {
      readonly owner: string;
      readonly ttl: number;
      readonly type: string;
      readonly data: string;
    }[];
  }[];
};
type OctoDns = Readonly<
  Record<
    string,
    readonly {
      readonly ttl: number;
      readonly type: string;
      readonly values: readonly (string | Readonly<Record<string, string | number>>)[];
    }[]
  >
>;
type Endpoint = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly spec: {
    readonly endpoints: readonly {
      readonly dnsName: string;
      readonly recordTTL: number;
      readonly recordType: string;
      readonly targets: readonly string[];
    }[];
  };
};

type Reader = {
  readonly format: Format;
  /** The records that a file holds, read the way its consumer reads it. */
  readonly read: (text: string, path: string) => readonly string[];
  readonly ttlOf?: (ttl: number) => number;
  /** Types it has no word for. */
  readonly lacks?: 'DS';
};

const readers: readonly Reader[] = [
  {
    format: route53Format,
    read: (text) =>
      (JSON.parse(text) as Route53).Changes.flatMap(({ Action, ResourceRecordSet: set }) => {
        assert.equal(Action, 'UPSERT');
        return set.ResourceRecords.map(
          ({ Value }) =>
            `${dotted(set.Name)} ${set.TTL} ${set.Type} ${set.Type === 'NS' ? dotted(Value) : Value}`,
        );
      }),
  },
  {
    format: powerdnsFormat,
    read: (text) =>
      (JSON.parse(text) as PowerDns).rrsets.flatMap(({ name, type, ttl, changetype, records }) => {
        assert.equal(changetype, 'REPLACE');
        return records.map(
          ({ content }) =>
            `${dotted(name)} ${ttl} ${type} ${type === 'NS' ? dotted(content) : content}`,
        );
      }),
  },
  {
    format: cloudflareFormat,
    ttlOf: (ttl) => Math.min(Math.max(ttl, 60), 86_400),
    read: (text) =>
      (JSON.parse(text) as Cloudflare).posts.map(({ name, type, ttl, content, data, comment }) => {
        assert.ok(comment.length <= 100);
        return `${name} ${ttl} ${type} ${content ?? Object.values(data ?? {}).join(' ')}`;
      }),
  },
  {
    format: jsonFormat,
    read: (text) =>
      (JSON.parse(text) as Own).ingress.flatMap(({ records }) =>
        records.map(
          ({ owner, ttl, type, data }) => `${dotted(owner)} ${ttl} ${type} ${undotted(data)}`,
        ),
      ),
  },
  {
    format: octodnsFormat,
    read: (text, path) =>
      Object.entries(readPlainYaml(text) as OctoDns).flatMap(([label, sets]) =>
        sets.flatMap(({ ttl, type, values }) =>
          values.map((value) => {
            const data =
              typeof value === 'string'
                ? dotted(value)
                : [value.key_tag, value.algorithm, value.digest_type, value.digest].join(' ');
            return `${label}.${path.replace(/\.yaml$/, '')} ${ttl} ${type} ${data}`;
          }),
        ),
      ),
  },
  {
    format: externaldnsFormat,
    lacks: 'DS',
    read: (text) =>
      text
        .split(/^---\n/m)
        .slice(1)
        .flatMap((document) => {
          const { apiVersion, kind, metadata, spec } = readPlainYaml(document) as Endpoint;
          assert.deepEqual([apiVersion, kind], ['externaldns.k8s.io/v1alpha1', 'DNSEndpoint']);
          assert.match(metadata.name, /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/);
          return spec.endpoints.flatMap(({ dnsName, recordTTL, recordType, targets }) =>
            targets.map((target) => {
              assert.doesNotMatch(target, /\.$/);
              return `${dnsName} ${recordTTL} ${recordType} ${target}`;
            }),
          );
        }),
  },
  {
    format: dnscontrolFormat,
    read: (text) => {
      // No comma before a closing bracket: DNSControl reads ECMAScript 5.
      assert.doesNotMatch(text, /,\s*\)/);
      const records: string[] = [];
      const ttl = (seconds: number) => ({ seconds });
      type Call = (zone: string) => void;
      new Script(text).runInNewContext({
        TTL: ttl,
        D_EXTEND: (zone: string, ...calls: readonly Call[]) => {
          for (const call of calls) call(zone);
        },
        NS:
          (label: string, target: string, { seconds }: ReturnType<typeof ttl>): Call =>
          (zone) =>
            records.push(`${label}.${zone} ${seconds} NS ${dotted(target)}`),
        DS:
          (label: string, ...rest: readonly (number | string | ReturnType<typeof ttl>)[]): Call =>
          (zone) => {
            const { seconds } = rest.at(-1) as ReturnType<typeof ttl>;
            records.push(`${label}.${zone} ${seconds} DS ${rest.slice(0, -1).join(' ')}`);
          },
      });
      return records;
    },
  },
];
for (const { format, read, ttlOf, lacks } of readers) {
  for (const name of CASES) {
    test(`${format.id}: ${name}, read back, holds every record and no other`, () => {
      const publication = publishedCase(name);
      const records = format.print(publication).flatMap(({ path, text }) => read(text, path));
      const wanted = expected(publication, ttlOf);
      assert.deepEqual(
        records.toSorted(),
        wanted.filter((line) => lacks === undefined || !line.includes(` ${lacks} `)),
      );
    });
  }
}

test('terraform: a string expands nothing', () => {
  for (const sign of ['$', '%']) {
    assert.equal(hclText(`a"${sign}{b}\\`), `"a\\"${sign}${sign}{b}\\\\"`);
  }
});

test('terraform: every file has every nameserver, and braces that match', () => {
  for (const name of CASES) {
    const publication = publishedCase(name);
    for (const { path, text } of terraformFormat.print(publication)) {
      const code = text.replaceAll(/^#.*$/gm, '').replaceAll(/"(?:\\.|[^"\\])*"/g, '""');
      assert.equal(code.split('{').length, code.split('}').length, path);
      assert.doesNotMatch(code, /[$%]\{/);
      const labels = [...text.matchAll(/^resource "(\w+)" "([\w-]+)"/gm)].map(([whole]) => whole);
      assert.equal(new Set(labels).size, labels.length, path);
      for (const { nameservers } of publication.delegations) {
        for (const target of nameservers) assert.match(text, new RegExp(`"${target}\\.?"`));
      }
    }
  }
});

test('powershell: strings are in single quotes and an algorithm without a word is told', () => {
  const [file] = powershellFormat.print(publishedCase('hostile'));
  const calls = [...(file?.text ?? '').matchAll(/^Publish-Delegation (.*)$/gm)].map(
    ([, rest]) => rest,
  );
  assert.deepEqual(calls, [
    "'example.com' 'no' @('ns-1.example.net.')",
    "'example.com' '1e3' @('ns-1.example.net.', 'ns-2.example.net.')",
    "'deep.example.net' '_a-b' @('ns-9.example.org.', '0.example.org.')",
  ]);
  assert.match(file?.text ?? '', /^# Windows has no word for this DS: 1 15 4 /m);
});

test('octodns: the keys are in order, whatever the order of the policy', () => {
  const text = ['b', 'a', '10', '9']
    .map((label) => `  - { domain: '${label}.example.com', nameservers: [ns-1.example.net] }`)
    .join('\n');
  const [file] = octodnsFormat.print(published(`organisation: { name: X }\ningress:\n${text}`));
  const keys = [...(file?.text ?? '').matchAll(/^'(\w+)':$/gm)].map(([, key]) => key);
  assert.deepEqual(keys, ['9', '10', 'a', 'b']);
});
