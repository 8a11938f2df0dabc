/** Numbers of Linux that several of the files beside this one use; the same on all machines we know our way about on. */
export const [SOCK_STREAM, NONBLOCK, CLOEXEC] = [1, 0o4000, 0o2000000];
export const [SOL_IP, SOL_SOCKET, SOL_IPV6] = [0, 1, 41];
export const [MSG_DONTWAIT, MSG_NOSIGNAL] = [0x40, 0x4000];
export const EAGAIN = 11;
/** How `shutdown` says that nothing more is written. */
export const SHUT_WR = 1;
