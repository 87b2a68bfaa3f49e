/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Agents and the screens they serve. A screen is a display ("display::0", "display:wayland-0") or the terminal of one sandbox
 * ("tty:17"). */

struct _PstAgent
{
  PstBroker *broker;
  PstPeer *peer;
  char *kind, *target; /* NULL before RegisterAgent */
  char *screen;        /* the key of the screen that it serves */
  pid_t pid;
};

/* The key for a launch: (transfer full), "none" if nobody can be asked there. */
char *pst_screen_key (GVariant *environment, gboolean tty, guint64 sandbox);

/* The agent for a screen, or NULL. For "none": any graphical one. */
PstAgent *pst_screen_agent (PstBroker *broker, const char *key);

/* Starts one unless it is there or on its way. FALSE: there is nothing to start, or it has failed too often lately. */
gboolean pst_screen_start (PstBroker *broker, const char *key, GVariant *environment, PstSandbox *sandbox);

/* The same, and calls back (once, maybe at once) with whether there is one. */
typedef void (*PstScreenReady) (gboolean ready, gpointer user_data);
void pst_screen_ensure (PstBroker *broker, const char *key, GVariant *environment, PstScreenReady ready, gpointer user_data);

/* An agent said who it is. */
void pst_screen_agent_ready (PstAgent *agent, const char *kind, const char *target);
void pst_screen_agent_gone (PstAgent *agent);

void pst_screen_free (PstScreen *screen);

G_END_DECLS
