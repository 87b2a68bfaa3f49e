/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* For tests and the benchmark of the manager: a broker of the Control1 interface with made-up applications, in the main context
 * of who runs it. It keeps what it is told, so that a change shows, can be taken back, and is told to every watcher. */
typedef struct _FakeControl FakeControl;

/* Listens at $XDG_RUNTIME_DIR/postern/broker. Grants are dealt out evenly, and to places of the home @home. */
FakeControl *fake_control_new (const char *home, guint n_apps, guint n_grants);
void fake_control_free (FakeControl *self);
/* Ends every connection and listens no more; start() begins again. */
void fake_control_stop (FakeControl *self);
void fake_control_start (FakeControl *self);

/* "App 0007" has a rule more, as by a command; every watcher is told. Returns its id. */
guint64 fake_control_add (FakeControl *self, guint app, const char *resource);
/* The number of its rules. */
guint fake_control_count (FakeControl *self, guint app);
/* The next change is refused with this sentence; NULL: no more. */
void fake_control_refuse (FakeControl *self, const char *sentence);
/* Every list is refused with this sentence, as with a database that is damaged. */
void fake_control_damage (FakeControl *self, const char *sentence);
/* Each search of the history looks at so many rows and no more before it answers; its text is sought in the resource,
 * PICTURES/NUMBER.jpg of the home /home/jane. */
void fake_control_search_in_steps (FakeControl *self, guint rows);
/* From now on a search that is gone on with gets no answer until fake_control_release(), which lets that one go. */
void fake_control_hold (FakeControl *self);
gboolean fake_control_is_held (gpointer control);
void fake_control_release (FakeControl *self);
/* Another row of the history; every watcher is told. */
void fake_control_happen (FakeControl *self);
/* How often a method was called. */
guint fake_control_calls (FakeControl *self, const char *member);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeControl, fake_control_free)

G_END_DECLS
