/**
 * The live set of pairs, client and destination, that exceptions let through; filled while the resolver
 * runs, and asked before all that refuses.
 */
export const PASS_SET = 'pass';
export const PASS = { id: 'TW-PASS', note: 'exceptions let this client through to this address' };
/** What it is said to be, where sets bear a comment. */
export const PASS_SET_NOTE = 'clients and addresses that exceptions let through';
