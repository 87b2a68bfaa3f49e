/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Applies the compiled table (seccomp-table.c) to this process and its children. FALSE with errno. Needs no_new_privs. */
gboolean pst_syscall_filter_apply (gboolean nested_namespaces);

G_END_DECLS
