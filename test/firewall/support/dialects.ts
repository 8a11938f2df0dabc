import { parse } from 'yaml';

// What printed rules decide, read from their text by the dialects' own documentation. Each knows only
// the words that we print, and throws at any other: a name or reason that became syntax ends here.

export type Fired = { readonly action: string; readonly sid: number };

const RULE =
  /^(pass|reject|drop|alert) (tls|dns|quic|ip) (\S+) any -> (\S+) any \(((?:[a-z_.]+(?::(?:"(?:\\.|[^"\\;])*"|!?"(?:\\.|[^"\\])*"|[^";()]+))?; ?)+)\)$/;
const OPTION = /([a-z_.]+)(?::(!?"(?:\\.|[^"\\])*"|[^";]+))?; ?/g;
const KNOWN = new Set(
  'msg flow tls.sni dns.query quic.sni dotprefix content nocase endswith bsize pcre classtype sid rev'.split(
    ' ',
  ),
);

export type SuricataRule = {
  readonly action: string;
  readonly protocol: string;
  readonly message: string;
  readonly sid: number;
  readonly matches: (name: string) => boolean;
};

/** Rules of Suricata; comments and empty lines are left out. */
export function readSuricata(text: string): readonly SuricataRule[] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const parts = RULE.exec(line);
      if (!parts || line.length > 8192) throw new Error(`not a rule: ${line}`);
      const [, action = '', protocol = '', , , options = ''] = parts;
      const read = [...options.matchAll(OPTION)].map(([, key = '', value = '']) => ({
        key,
        value,
      }));
      for (const { key } of read) if (!KNOWN.has(key)) throw new Error(`${key}? ${line}`);
      const value = (wanted: string) => read.find(({ key }) => key === wanted)?.value ?? '';
      const bare = (text: string) => text.replace(/^!?"|"$/g, '');
      const matches = (name: string) => {
        const buffer = read.some(({ key }) => key === 'dotprefix') ? `.${name}` : name;
        const whole = value('bsize');
        if (whole !== '' && buffer.length !== Number(whole)) return false;
        const content = bare(value('content'));
        const isAtEnd = read.some(({ key }) => key === 'endswith');
        if (isAtEnd ? !buffer.endsWith(content) : !buffer.includes(content)) return false;
        return read
          .filter(({ key }) => key === 'pcre')
          .every(({ value }) => {
            const source = /^\/(.*)\/i$/.exec(bare(value))?.[1] ?? '[';
            return new RegExp(source, 'i').test(buffer) !== value.startsWith('!');
          });
      };
      const message = bare(value('msg')).replace(/\\(.)/g, '$1');
      return { action, protocol, message, sid: Number(value('sid')), matches };
    });
}

type Selection = readonly Readonly<Record<string, readonly string[]>>[];
export type SigmaRule = {
  readonly title: string;
  readonly id: string;
  readonly description: string;
  readonly status: string;
  readonly level: string;
  readonly logsource: Readonly<Record<string, string>>;
  readonly detection: Readonly<Record<string, Selection | string>>;
};

/** The rules of a Sigma file: one YAML document each, the header's is empty. */
export function readSigma(text: string): readonly SigmaRule[] {
  return text
    .split('\n---\n')
    .slice(1)
    .map((document) => parse(document) as SigmaRule);
}

/** What a rule's condition says of a name. */
export function detects({ detection }: SigmaRule, name: string): boolean {
  const { condition, ...selections } = detection;
  const holds = (selection: Selection) =>
    selection.some((map) =>
      Object.entries(map).some(([key, values]) => {
        if (key.endsWith('|re|i')) return values.some((value) => new RegExp(value, 'i').test(name));
        if (key.endsWith('|endswith')) return values.some((value) => name.endsWith(value));
        if (key.includes('|')) throw new Error(`${key}?`);
        return values.includes(name);
      }),
    );
  const terms = String(condition).split(' or ');
  return terms.some((term) =>
    term
      .replace(/^\((.*)\)$/, '$1')
      .split(' and ')
      .every((factor) => {
        const [, not, word = ''] = /^(not )?([a-z]+_\d+)$/.exec(factor) ?? [];
        const selection = selections[word];
        if (!Array.isArray(selection)) throw new Error(`${factor}?`);
        return holds(selection) === (not === undefined);
      }),
  );
}

export type Command = {
  readonly menu: string;
  readonly verb: string;
  readonly values: Readonly<Record<string, string>>;
};

const VALUE = /([a-z-]+)=("(?:\\.|[^"\\$])*"|[^\s"]+)/y;

/** The `add` and `remove` commands of a RouterOS script, with the menu each is given in. */
export function readRouteros(script: string): readonly Command[] {
  let menu = '';
  return script
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .flatMap((line): Command[] => {
      if (/^\/[a-z0-9 -]+$/.test(line)) {
        menu = line;
        return [];
      }
      const guarded =
        /^:if \(\[:len \[[^[\]"]*(?:"[a-z_]+")?\]\] (?:=|>) 0\) do=\{ (.+?) \}(?: else=\{ .+ \})?$/;
      const body = guarded.exec(line)?.[1] ?? line;
      const own = /^(\/[a-z0-9 -]+?) (add|remove) (.*)$/.exec(body);
      const [at, verb = '', rest = ''] = own
        ? own.slice(1)
        : [menu, ...(/^(add|remove) (.*)$/.exec(body)?.slice(1) ?? [])];
      if (verb === 'remove') {
        if (!/^\[find where (comment~"\^TW "|list="tw_lan")\]$/.test(rest)) throw new Error(line);
        return [{ menu: at ?? '', verb, values: {} }];
      }
      const values = valuesOf(rest.replace(/ place-before=\[:pick \[[^"[\]]*\] 0\]$/, ''), line);
      return [{ menu: at ?? '', verb, values }];
    });
}

function valuesOf(text: string, line: string): Record<string, string> {
  const values: Record<string, string> = {};
  let at = 0;
  while (at < text.length) {
    VALUE.lastIndex = at;
    const found = VALUE.exec(text);
    if (!found) throw new Error(`not a value at ${at}: ${line}`);
    const [whole, key = '', value = ''] = found;
    values[key] = value.startsWith('"') ? value.slice(1, -1).replace(/\\(.)/g, '$1') : value;
    at += whole.length + 1;
  }
  return values;
}

/** A pattern of `tls-host`: `*` stands for anything, dots too. */
export function globbed(glob: string, name: string): boolean {
  const source = glob.split('*').map((part) => part.replace(/[.]/g, '\\.'));
  return new RegExp(`^${source.join('.*')}$`).test(name);
}
