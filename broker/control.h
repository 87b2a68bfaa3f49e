/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#include "changes.h"
#include "connection.h"

G_BEGIN_DECLS

/* Control1, one function a method. A method belongs into the table in peer-control.c; there its arguments have been checked
 * against the interface, and the store is there if the table says that it needs one. */

/* One call. Answered exactly once, at once or later, which frees it. */
typedef struct
{
  PstBroker *broker;
  PstControlClient *client; /* a reference */
  GVariant *args;           /* a tuple */
  PstControlAnswer answer;
  gpointer user_data;
} PstControlCall;

/* @result: a tuple, consumed if floating; NULL for "()". */
void pst_control_reply (PstControlCall *call, GVariant *result);
/* @sentence: for the person. */
void pst_control_fail (PstControlCall *call, const char *sentence);

/* The id for a word of the person's, which is an id or a command; "" stays "". (transfer full) (nullable) */
char *pst_control_resolve_app (PstBroker *broker, const char *word);
/* The same for the methods that are about one application: NULL when @call has been answered with what is wrong. */
char *pst_control_take_app (PstControlCall *call, const char *word);
/* What came from outside, fit for a message. (transfer full) */
char *pst_control_text (const char *text);

/* Is it a person who looks at what there is (the manager), or a command? */
PstOrigin pst_control_origin (const PstControlCall *call);
/* The same, for the history: static. */
const char *pst_control_origin_text (const PstControlCall *call);

/* A change that is on its way to the gates: @call is answered when all of them have it. */
typedef struct _PstControlChange PstControlChange;
struct _PstControlChange
{
  PstControlCall *call;
  GPtrArray *apps;       /* of char *, owned: whose gates are told */
  GHashTable *paths;     /* (nullable) set, owned: what is held below them is collected into held */
  GVariantBuilder *held; /* a(usay) */
  guint64 id, undo;
  guint32 removed;
  gboolean replaced;
  GVariant *(*result) (PstControlChange *change); /* a tuple, floating; NULL for "()" */
};
PstControlChange *pst_control_change_new (PstControlCall *call, GVariant *(*result) (PstControlChange *change));
void pst_control_change_add_app (PstControlChange *change, const char *app);
void pst_control_change_add_path (PstControlChange *change, const char *path);
/* Each consumes it, and answers the call. */
void pst_control_change_fail (PstControlChange *change, const char *sentence);
void pst_control_change_push (PstControlChange *change);

/* control-lists.c */
void pst_control_list_apps (PstControlCall *call);
void pst_control_list_grants (PstControlCall *call);
void pst_control_list_sandboxes (PstControlCall *call);

/* control-history.c */
void pst_control_list_events (PstControlCall *call);
void pst_control_history (PstControlCall *call);
/* Rows that have come into the history are told to whoever watches it. */
void pst_control_tell_rows (PstBroker *broker, GPtrArray *events);

/* control-apps.c */
void pst_control_get_app (PstControlCall *call);
void pst_control_set_app (PstControlCall *call);

/* control-entries.c */
void pst_control_list_entries (PstControlCall *call);

/* control-grants.c */
void pst_control_grant (PstControlCall *call);
void pst_control_change_grant (PstControlCall *call);
/* Fills in what the person need not say. Returns what is wrong, NULL if nothing is. @rule->real: where it led when it was
 * confirmed before, or NULL. */
const char *pst_control_complete (PstBroker *broker, PstStoredRule *rule);
/* One rule, or for this once one for each sandbox that runs. Returns what is wrong. */
const char *pst_control_add_to_change (const PstControlCall *call, PstStoreChange *change, PstStoredRule *rule);
/* @rule has been stored: consumes @out, and answers when every gate has it. */
void pst_control_finish (PstControlCall *call, const PstStoredRule *rule, PstControlChange *out);

/* control-refused.c */
void pst_control_allow_refused (PstControlCall *call);

/* control-settings.c */
void pst_control_get_settings (PstControlCall *call);
void pst_control_set_settings (PstControlCall *call);

/* control-reset.c */
void pst_control_reset_app (PstControlCall *call);
void pst_control_home_size (PstControlCall *call);
void pst_control_list_held (PstControlCall *call);
void pst_control_stop_app (PstControlCall *call);

/* control-revoke.c */
void pst_control_revoke (PstControlCall *call);
void pst_control_remove_grants (PstControlCall *call);
void pst_control_take_back (PstControlCall *call);

/* control-status.c */
void pst_control_why (PstControlCall *call);
void pst_control_get_status (PstControlCall *call);
void pst_control_ensure_agent (PstControlCall *call);
void pst_control_watch (PstControlCall *call);

/* control-transfer.c */
void pst_control_export (PstControlCall *call);
void pst_control_import (PstControlCall *call);
void pst_control_import_protected (PstControlCall *call);

G_END_DECLS
