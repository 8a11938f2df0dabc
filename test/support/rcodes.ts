const RCODES = ['NOERROR', 'FORMERR', 'SERVFAIL', 'NXDOMAIN', 'NOTIMP', 'REFUSED', 'YXDOMAIN'];
const OTHERS: Readonly<Record<string, number>> = { NOTAUTH: 9, BADVERS: 16, BADCOOKIE: 23 };

export function rcodeOf(text: string): number {
  const index = RCODES.indexOf(text);
  const number = index >= 0 ? index : OTHERS[text];
  if (number === undefined) throw new Error(`"${text}" is no response code`);
  return number;
}

export function rcodeText(rcode: number): string {
  return (
    RCODES[rcode] ?? Object.keys(OTHERS).find((key) => OTHERS[key] === rcode) ?? `RCODE${rcode}`
  );
}
