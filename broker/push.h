/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "broker.h"

G_BEGIN_DECLS

/* Making a change of the rules true in the running sandboxes.
 *
 * For each of them: compile, SetPolicy; when the gate has acknowledged it, Detach every tree that the rules no longer bear out;
 * when all of that has been answered, @done is called (always later, from the main loop). A gate that does not answer within
 * two seconds costs its sandbox the life: nobody is told that a permission has been withdrawn while something may still use it.
 */
typedef void (*PstPushDone) (PstBroker *broker, gpointer user_data);

void pst_push_app (PstBroker *broker, const char *app, PstPushDone done, gpointer user_data);
void pst_push_sandbox (PstSandbox *sandbox, PstPushDone done, gpointer user_data);

/* The same, and between the acknowledgement and the first Detach, what is held below @path is collected into @held. */
void pst_push_app_collecting (PstBroker *broker, const char *app, const char *path, GVariantBuilder *held, PstPushDone done,
                              gpointer user_data);

/* The same for several applications (of char *), and below each of several @paths (a set of char *; nullable). */
void pst_push_apps_collecting (PstBroker *broker, const GPtrArray *apps, GHashTable *paths, GVariantBuilder *held,
                               PstPushDone done, gpointer user_data);

/* Compiles the rules of a sandbox that has no gate yet, for others to look at. */
void pst_push_compile (PstSandbox *sandbox);
/* Compiles the rules of a sandbox that registers and sends the first policy. */
void pst_push_first (PstSandbox *sandbox);

G_END_DECLS
