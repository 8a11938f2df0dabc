import { getSystemErrorMap } from 'node:util';

/** An error as Node makes them for failed system calls, of an errno or its name. */
export function systemError(errno: number | string, call: string): NodeJS.ErrnoException {
  const [code, text] =
    typeof errno === 'string'
      ? [errno, 'function not implemented']
      : (getSystemErrorMap().get(-errno) ?? [`errno ${errno}`, 'unknown error']);
  return Object.assign(new Error(`${call} ${code}: ${text}`), { code, syscall: call });
}
