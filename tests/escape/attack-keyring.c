/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Attack: read the user's kernel keyrings, which no namespace separates for one user: keys of the session, of kerberos
 * (KEYRING: caches), of fscrypt.
 *
 * Known from: CVE-2016-0728 and CVE-2017-7472 (kernel bugs that keyctl reaches); Docker and flatpak refuse these calls for both
 * reasons.
 *
 * Must fail because: the filter refuses add_key, request_key and keyctl.
 *
 * Control: outside, keyctl finds the user keyring. */

#include "attack.h"
#include <linux/keyctl.h>

int
main (int argc, char **argv)
{
  long key;

  attack_init (argc, argv);
  control (getuid () != 0 || !inside (), "getuid");
  attack (syscall (SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 1) >= 0, "keyctl: the user keyring");
  attack (syscall (SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 1) >= 0, "keyctl: the session keyring");
  key = syscall (SYS_add_key, "user", "postern-escape-test", "x", (size_t)1, KEY_SPEC_PROCESS_KEYRING);
  attack (key >= 0, "add_key");
  attack (syscall (SYS_request_key, "user", "postern-escape-test", NULL, KEY_SPEC_PROCESS_KEYRING) >= 0, "request_key");
  {
    /* what keyctl does not tell, /proc does: the names of all keys that the user may see */
    char text[8192];
    int fd = open ("/proc/keys", O_RDONLY | O_CLOEXEC);
    ssize_t length = fd >= 0 ? read (fd, text, sizeof text) : -1;

    attack (length > 0, "/proc/keys");
    fd = open ("/proc/key-users", O_RDONLY | O_CLOEXEC);
    length = fd >= 0 ? read (fd, text, sizeof text) : -1;
    attack (length > 0, "/proc/key-users");
  }
  maybe (got_through (syscall (SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, -1L)), "keyctl: a new session keyring");
  return 0;
}
