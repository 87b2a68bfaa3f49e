/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

/* This process enters a user namespace of its own (U), in which it is still itself, and a copy of the host's mounts (A).
 * On failure @error says what forbids it and what to do. */
gboolean pst_namespaces_enter (uid_t uid, gid_t gid, GError **error);

/* Known beforehand: the sentence if this system has user namespaces switched off, else NULL. (transfer full) */
char *pst_namespaces_forbidden (void);

/* The sentence for a failure @code (an errno) that user namespaces or a restriction of them can explain; NULL if none does.
 * (transfer full) */
char *pst_namespaces_explain (int code);

/* No user namespace can be made inside this one from now on. FALSE with errno. */
gboolean pst_namespaces_forbid_nesting (void);

/* fork() into new mount, pid, ipc, uts, net and cgroup namespaces: returns twice, -1 with errno. @pidfd: of the child,
 * close-on-exec. */
pid_t pst_namespaces_fork (int *pidfd);

/* In the child: the loopback interface and the host name. FALSE with errno. */
gboolean pst_namespaces_dress (void);

G_END_DECLS
