import { parseNetwork } from '../../src/policy/network.ts';

/**
 * A reader of the part of pf's language that we write, stricter than pf: what either dialect refuses
 * is a problem, and so is what it takes and we must not say (a name, a table nobody declares).
 */
export type PfDialect = 'openbsd' | 'freebsd';
/** Rules loaded into an anchor, or lines of the main file. */
export type PfRole = 'anchor' | 'main';

type Token = {
  readonly kind: 'word' | 'quoted' | 'symbol' | 'newline' | 'end';
  readonly text: string;
  readonly line: number;
};

const TOKEN = /[ \t]+|\\\n|#[^\n]*|(\n)|"([^"\n]*)"|(->|[{}()<>!,=])|([^\s{}()<>!,="#]+)|(.)/gy;
const SECTIONS = [
  'options',
  'ethernet',
  'normalization',
  'queueing',
  'translation',
  'filtering',
] as const;
type Section = (typeof SECTIONS)[number];

class Problem extends Error {}

/** The problems of a rule file, `LINE: what`; none where it is fine. */
export function lintPf(text: string, dialect: PfDialect, role: PfRole = 'anchor'): string[] {
  const problems: string[] = [];
  const reader = createReader(tokensOf(text));
  const rules = createRules(reader, dialect, role);
  while (reader.peek().kind !== 'end') {
    const { line } = reader.peek();
    try {
      if (reader.peek().kind !== 'newline') rules.statement();
      if (reader.peek().kind !== 'end') reader.end();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      problems.push(`${line}: ${error.message}`);
      reader.skipStatement();
    }
  }
  return problems;
}

/** The problems of a file for `pfctl -T add -f`. */
export function lintPfTable(text: string): string[] {
  return text.split('\n').flatMap((line, index) => {
    if (line === '' || line.startsWith('#')) return [];
    return isNetwork(line.replace(/^!/, '')) ? [] : [`${index + 1}: not an address: ${line}`];
  });
}

function tokensOf(text: string): readonly Token[] {
  const tokens: Token[] = [];
  let line = 1;
  for (const [all, newline, quoted, symbol, word, other] of text.matchAll(TOKEN)) {
    if (newline) tokens.push({ kind: 'newline', text: 'end of line', line });
    if (quoted !== undefined) tokens.push({ kind: 'quoted', text: quoted, line });
    if (symbol) tokens.push({ kind: 'symbol', text: symbol, line });
    if (word ?? other) tokens.push({ kind: 'word', text: (word ?? other) as string, line });
    // A backslash carries a comment on into the next line as well.
    if (all.startsWith('#') && all.endsWith('\\'))
      tokens.push({ kind: 'word', text: 'comment that goes on', line });
    line += all.split('\n').length - 1;
  }
  return [...tokens, { kind: 'end', text: 'end of file', line }];
}

type Reader = ReturnType<typeof createReader>;

function createReader(tokens: readonly Token[]) {
  let at = 0;
  let depth = 0;
  const peek = (): Token => tokens[at] as Token;
  const isBare = (kind: 'word' | 'symbol', texts: readonly string[]) =>
    peek().kind === kind && texts.includes(peek().text);
  const next = (): Token => {
    const token = peek();
    if (token.kind !== 'end') at++;
    if (token.kind === 'symbol') depth += token.text === '{' ? 1 : token.text === '}' ? -1 : 0;
    return token;
  };
  /** Takes a word or a symbol if it is one of these. */
  const take = (...texts: readonly string[]): string | undefined =>
    isBare('word', texts) || isBare('symbol', texts) ? next().text : undefined;
  const need = (...texts: readonly string[]): string => {
    const found = take(...texts);
    if (found === undefined) throw new Problem(`${texts.join(' or ')} expected: ${peek().text}`);
    return found;
  };
  const kind = (wanted: Token['kind']): string => {
    if (peek().kind !== wanted) throw new Problem(`${wanted} expected: ${peek().text}`);
    return next().text;
  };
  const end = () => kind('newline');
  const newlines = () => {
    let any = false;
    while (peek().kind === 'newline') {
      next();
      any = true;
    }
    return any;
  };
  /** One item, or several in braces: over lines without commas, on a line with them. */
  const items = <T>(item: () => T): T[] => {
    if (!take('{')) return [item()];
    const found: T[] = [];
    newlines();
    while (!take('}')) {
      found.push(item());
      const comma = take(',') !== undefined;
      if (newlines() && comma) throw new Problem('comma before the end of a line');
      if (comma && isBare('symbol', ['}'])) throw new Problem('comma before }');
    }
    return found;
  };
  /** Goes on behind the line, or behind the braces that are open in it. */
  const skipStatement = () => {
    while (peek().kind !== 'end' && (next().kind !== 'newline' || depth > 0));
    depth = 0;
  };
  return { peek, next, take, need, kind, end, items, skipStatement };
}

/** What a rule is about, as far as its options depend on it. */
type Match = {
  readonly direction: string | undefined;
  readonly family: string | undefined;
  readonly protos: readonly string[];
};

function createRules(reader: Reader, dialect: PfDialect, role: PfRole) {
  const { peek, next, take, need, kind, items } = reader;
  const declared = new Set<string>();
  let section: Section = 'options';

  const only = (wanted: PfDialect, what: string) => {
    if (dialect !== wanted) throw new Problem(`${what} is not in this dialect`);
  };
  const enter = (wanted: Section) => {
    if (dialect === 'freebsd' && SECTIONS.indexOf(wanted) < SECTIONS.indexOf(section)) {
      throw new Problem(`${wanted} after ${section}`);
    }
    section = wanted;
  };

  const statements: Readonly<Record<string, (first: string) => void>> = {
    table,
    set: limit,
    pass: filter,
    block: filter,
    match: filter,
    no: translation,
    rdr: translation,
    nat: translation,
    'rdr-anchor': translationAnchor,
    'nat-anchor': translationAnchor,
    scrub,
    anchor,
    load,
  };

  function statement(): void {
    const { kind, text } = next();
    const read = kind === 'word' ? statements[text] : undefined;
    if (!read) throw new Problem(`no statement of ours: ${text}`);
    read(text);
  }

  function limit(): void {
    if (role === 'anchor') throw new Problem('options are not allowed in anchors');
    enter('options');
    need('limit');
    need('table-entries');
    number();
  }

  function scrub(first: string): void {
    only('freebsd', first);
    enter('normalization');
    take('in', 'out');
    need('all');
  }

  function table(): void {
    need('<');
    const name = tableNameOf();
    if (declared.has(name)) throw new Problem(`table ${name} is declared again`);
    declared.add(name);
    while (take('persist', 'const', 'counters'));
    if (take('file')) throw new Problem('a file of a table has to be there when rules are checked');
    if (peek().text !== '{') return;
    const members = items(() => `${take('!') ?? ''}${address()}`);
    const plain = members.map((member) => member.replace('!', ''));
    const twice = plain.find((member, index) => plain.indexOf(member) !== index);
    if (twice !== undefined) throw new Problem(`${twice} is twice in table ${name}`);
  }

  function tableNameOf(): string {
    const name = kind('word');
    need('>');
    if (!/^[A-Za-z_]\w*$/.test(name)) throw new Problem(`no name of a table: ${name}`);
    if (name.length > 31) throw new Problem(`name of a table is over 31 characters: ${name}`);
    return name;
  }

  function filter(action: string): void {
    enter('filtering');
    if (action === 'block') take('return', 'drop');
    const direction = take('in', 'out');
    if (logQuick() && action === 'match') throw new Problem('quick does not end a match');
    const match = { direction, ...about() };
    options(action, match);
  }

  /** True where the rule is quick. */
  function logQuick(): boolean {
    let quick = take('quick') !== undefined;
    if (take('log') && take('(')) {
      need('to');
      const name = kind('word');
      const unit = /^pflog(\d+)$/.exec(name)?.[1];
      if (unit === undefined) throw new Problem(`no pflog interface: ${name}`);
      if (Number(unit) > 15) throw new Problem(`pf ends at pflog15: ${name}`);
      need(')');
    }
    quick ||= take('quick') !== undefined;
    return quick;
  }

  function about(): Omit<Match, 'direction'> {
    if (take('on')) items(interfaceName);
    const family = take('inet', 'inet6');
    const protos = take('proto') ? items(() => need('tcp', 'udp', 'icmp', 'icmp6')) : [];
    if (take('all')) return { family, protos };
    const ports = [take('from') && host(), take('to') && host()];
    if (ports.includes('port') && !(protos.length > 0 && protos.every(isPorted))) {
      throw new Problem('port without proto tcp or udp');
    }
    return { family, protos };
  }

  function interfaceName(): void {
    const { kind, text } = next();
    const isMacro = role === 'main' && text.startsWith('$');
    if (kind !== 'quoted' && !(kind === 'word' && (isMacro || /^[a-z]+\d+$/.test(text)))) {
      throw new Problem(`no interface: ${text}`);
    }
    if (text.length > 15) throw new Problem(`name of an interface is over 15 characters: ${text}`);
  }

  function host(): 'port' | 'any' {
    const not = take('!') !== undefined;
    if (take('any')) {
      if (not) throw new Problem('! any');
    } else if (peek().text === '{') {
      if (not) throw new Problem('! before a list is each of its items by itself');
      items(tableOrAddress);
    } else {
      tableOrAddress();
    }
    if (!take('port')) return 'any';
    items(port);
    return 'port';
  }

  function tableOrAddress(): void {
    if (!take('<')) {
      address();
      return;
    }
    const name = tableNameOf();
    if (!declared.has(name)) throw new Problem(`table ${name} is not declared before`);
  }

  function address(): string {
    const { kind, text } = next();
    if (kind !== 'word' || !isNetwork(text))
      throw new Problem(`neither address nor table: ${text}`);
    return text;
  }

  function port(): void {
    const text = kind('word');
    const [low, high = low] = text.split(':');
    if (!/^\d+(:\d+)?$/.test(text)) throw new Problem(`port is not a number: ${text}`);
    if (Number(low) > Number(high) || Number(high) > 65_535 || Number(low) < 1) {
      throw new Problem(`no range of ports: ${text}`);
    }
  }

  function number(): void {
    const text = kind('word');
    if (!/^\d+$/.test(text)) throw new Problem(`number expected: ${text}`);
  }

  function options(action: string, match: Match): void {
    const seen = new Set<string>();
    while (peek().kind === 'word' || peek().text === '!') {
      const not = take('!') !== undefined;
      const name = kind('word');
      if (seen.has(name)) throw new Problem(`${name} cannot be said twice`);
      seen.add(name);
      if (not && name !== 'tagged') throw new Problem(`! before ${name}`);
      option(name, action, match);
    }
  }

  const readers: Readonly<Record<string, (name: string, action: string, match: Match) => void>> = {
    label,
    tag,
    tagged: tag,
    'rdr-to': destination,
    // FreeBSD parses divert-to, and means divert(4) by it.
    'divert-to': destination,
    once: () => only('openbsd', 'once'),
    'received-on': () => {
      only('openbsd', 'received-on');
      interfaceName();
    },
    'divert-packet': () => {
      only('openbsd', 'divert-packet');
      need('port');
      port();
    },
    'max-pkt-rate': () => {
      only('openbsd', 'max-pkt-rate');
      kind('word');
    },
    scrub: () => {
      only('openbsd', 'scrub in a rule');
      need('(');
      while (!take(')')) kind('word');
    },
    user: () => {
      throw new Problem('user depends on the accounts of the machine');
    },
  };

  function option(name: string, action: string, match: Match): void {
    const read = readers[name];
    if (!read) throw new Problem(`no option of ours: ${name}`);
    read(name, action, match);
  }

  function tag(): void {
    if (!/^\w{1,63}$/.test(kind('word'))) throw new Problem('no name of a tag');
  }

  function label(): void {
    const text = kind('quoted');
    if (text.length > 63) throw new Problem(`label is over 63 characters: ${text}`);
    if (!/^[A-Za-z0-9.-]+$/.test(text)) throw new Problem(`label may hold a macro: ${text}`);
  }

  function destination(name: string, action: string, match: Match): void {
    only('openbsd', name);
    const to = address();
    if (action !== 'pass' || match.direction !== 'in') throw new Problem(`${name} but in pass in`);
    sameFamily(to, match.family);
    need('port');
    port();
    if (name === 'rdr-to') return;
    if (match.protos.join() !== 'tcp') throw new Problem('divert-to a socket of TCP alone');
    if (!isLoopback(to)) throw new Problem(`divert-to another machine: ${to}`);
  }

  function sameFamily(to: string, family: string | undefined): void {
    if (to.includes('/')) throw new Problem(`one address expected: ${to}`);
    if (family !== (to.includes(':') ? 'inet6' : 'inet')) {
      throw new Problem(`${to} is not of the family that the rule is about`);
    }
  }

  function translation(first: string): void {
    only('freebsd', first);
    enter('translation');
    const not = first === 'no';
    if (not) need('rdr', 'nat');
    const pass = take('pass') !== undefined;
    if (not && pass) throw new Problem('pass with no');
    if (logQuick()) throw new Problem('translation is not quick');
    const { family } = about();
    if (take('tag')) kind('word');
    if (take('->') === undefined) {
      if (!not) throw new Problem('translation to nowhere');
      return;
    }
    if (not) throw new Problem('-> with no');
    const to = address();
    sameFamily(to, family);
    if (pass && !isLoopback(to)) throw new Problem(`rdr pass to another machine: ${to}`);
    if (take('port')) port();
  }

  function translationAnchor(first: string): void {
    only('freebsd', first);
    if (role === 'anchor') throw new Problem('no anchor in our anchor');
    enter('translation');
    kind('quoted');
  }

  function anchor(): void {
    enter('filtering');
    if (role === 'anchor') refuseBody();
    if (role === 'anchor') throw new Problem('no anchor in our anchor');
    kind('quoted');
    take('in', 'out');
    take('quick');
    about();
    refuseBody();
  }

  /** Rules in braces are in an anchor of their own, which has no tables but the main file's. */
  function refuseBody(): void {
    while (peek().text !== '{' && peek().kind !== 'newline' && peek().kind !== 'end') next();
    if (!take('{')) return;
    if (peek().kind !== 'newline') throw new Problem('anchor with rules on one line');
    throw new Problem('rules in an inner anchor do not see the tables of ours');
  }

  function load(): void {
    if (role === 'anchor') throw new Problem('no anchor in our anchor');
    need('anchor');
    kind('quoted');
    need('from');
    const path = kind('quoted');
    if (!path.startsWith('/')) throw new Problem(`path that depends on where pfctl runs: ${path}`);
  }

  return { statement };
}

function isPorted(proto: string): boolean {
  return proto === 'tcp' || proto === 'udp';
}

function isLoopback(address: string): boolean {
  return address === '127.0.0.1' || address === '::1';
}

function isNetwork(text: string): boolean {
  try {
    parseNetwork(text);
    return true;
  } catch {
    return false;
  }
}
