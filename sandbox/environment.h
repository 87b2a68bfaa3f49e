/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>
#include <sys/types.h>

G_BEGIN_DECLS

typedef struct
{
  const char *home;
  const char *cwd; /* inside */
  uid_t uid;
  const char *display; /* (nullable): DISPLAY to give, with its cookie at PST_PLAN_XAUTHORITY */
  gboolean has_cookie;
  const char *wayland;  /* (nullable): WAYLAND_DISPLAY to give */
  gboolean session_bus; /* it is there, at pst_plan_session_bus(), and the accessibility bus at its place */
} PstEnvironmentInput;

#define PST_ENVIRONMENT_NO_BUS "disabled:"         /* DBUS_SESSION_BUS_ADDRESS where there is none */
#define PST_ENVIRONMENT_NO_BRIDGE "NO_AT_BRIDGE=1" /* where there is no accessibility bus */

/* The application's environment from the caller's. Pure. (transfer full) */
GStrv pst_environment_build (const char *const *host, const PstEnvironmentInput *input);

/* Does a variable pass as it is? */
gboolean pst_environment_passes (const char *name);

G_END_DECLS
