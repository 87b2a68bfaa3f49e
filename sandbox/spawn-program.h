/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef enum
{
  PST_SPAWN_DEFAULT = 0,
  PST_SPAWN_ENVIRONMENT = 1 << 0, /* it gets our environment; otherwise next to nothing */
  PST_SPAWN_SESSION = 1 << 1,     /* a session of its own: no signals from our terminal */
} PstSpawnFlags;

/* Starts one of Postern's own programs with @fd, which is consumed, as descriptor 3; standard input and output are /dev/null,
 * nothing else is inherited but standard error. Its signals are as at log-in. -1 and one sentence on failure. */
pid_t pst_spawn_take_fd (char *const *argv, int fd, PstSpawnFlags flags, GError **error);

G_END_DECLS
