/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* For tests: the broker's end of the agent's socket, in a runtime directory of its own, driven from the main context of
 * the test. Every wait ends the test with a message when nothing has come after 20 seconds. */
typedef struct _FakeBroker FakeBroker;

typedef struct
{
  guint64 question;
  guint32 answer, scope, access, lifetime;
  gint64 until;
} FakeAnswer;

/* Sets XDG_RUNTIME_DIR for this process and its children. */
FakeBroker *fake_broker_new (void);
void fake_broker_free (FakeBroker *broker);

/* Ends the connection and listens no more; fake_broker_start() begins again (fake_broker_new() does it as well). */
void fake_broker_stop (FakeBroker *broker);
void fake_broker_start (FakeBroker *broker);
/* From now on RegisterAgent is answered with an error. */
void fake_broker_turn_away (FakeBroker *broker);

/* Waits for a registered agent. Returns: "gtk :5", (transfer none) */
const char *fake_broker_wait_agent (FakeBroker *broker);
void fake_broker_wait_disconnect (FakeBroker *broker);

/* @details: text form of an a{sv}, see fake_broker_details() */
void fake_broker_show (FakeBroker *broker, guint64 id, const char *details);
void fake_broker_withdraw (FakeBroker *broker, guint64 id);
FakeAnswer fake_broker_wait_answer (FakeBroker *broker);
guint fake_broker_n_answers (FakeBroker *broker);

/* The same for the sheet of a first start; text form of details as well. */
typedef struct
{
  guint64 sheet;
  gboolean start;
  guint n_on, on; /* bit 0: the first switch */
  char folder[256];
} FakeSheetAnswer;
void fake_broker_show_sheet (FakeBroker *broker, guint64 id, const char *details);
void fake_broker_withdraw_sheet (FakeBroker *broker, guint64 id);
FakeSheetAnswer fake_broker_wait_sheet_answer (FakeBroker *broker);
guint fake_broker_n_sheet_answers (FakeBroker *broker);

/* Image Viewer and its Pictures, with @extra ("'warning': <'…'>," or "") added. (transfer full) */
char *fake_broker_details (const char *app_id, const char *extra);

/* Runs the main context until @predicate is true; fails the test with @what if it is not in time. */
typedef gboolean (*FakePredicate) (gpointer data);
void fake_wait (FakePredicate predicate, gpointer data, const char *what);
/* Runs the main context for @ms, because nothing must happen meanwhile, or because a delay is what is tested. */
void fake_let_pass (guint ms);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (FakeBroker, fake_broker_free)

G_END_DECLS
