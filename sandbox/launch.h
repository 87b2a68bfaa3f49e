/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "bus-link.h"
#include "display.h"
#include "executable.h"
#include "host.h"
#include "options.h"

G_BEGIN_DECLS

/* All that is known of a launch before anything is started. */
typedef struct
{
  PstOptions options;
  PstHost host;
  PstExecutable executable;
  PstDisplay display;
  GStrv accessibility_links;
  PstBuses buses;
  PstPlanBind binds[3];
  char *wayland_target;
  PstPlanInput input;
  PstPlan *early;
  char *profile;   /* (nullable): absolute */
  char *only;      /* (nullable): absolute */
  gboolean no_bus; /* the profile leaves the message buses out */
  char *cwd;       /* inside */
  GStrv environment;
} PstLaunch;

/* Fills @launch in, all but its options. On failure *status is the exit status and @error the sentence. */
gboolean pst_launch_prepare (PstLaunch *launch, int *status, GError **error);

void pst_launch_clear (PstLaunch *launch);

/* The working directory inside: @cwd if it is there or behind the gate, else the home. Pure. */
const char *pst_launch_choose_cwd (const char *cwd, const PstPlanInput *input);

/* Starts it all, and runs until the program has ended. What it makes, lives as long as the process. Returns its wait status, or
 * an exit status shifted as in one. */
int pst_launch_run (PstLaunch *launch);

G_END_DECLS
