import { userInfo } from 'node:os';

/** Who acts, for what is written down beside it: whoever called sudo, not root. */
export function authorOf(env: NodeJS.ProcessEnv): string {
  return env.SUDO_USER || env.USER || env.LOGNAME || userInfo().username;
}
