/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "history.h"
#include "rule.h"

G_BEGIN_DECLS

/* The grants database: one SQLite file that belongs to the broker alone. Beside it, in "history.db", is the history
 * (history.h).
 *
 * What is promised: when pst_store_add_rule() or pst_store_remove_rules() returns TRUE for a rule that outlives its sandbox,
 * the change is on the disk and survives SIGKILL and power loss. Last use and rules of one sandbox are kept through
 * SIGKILL but may lose their last moments with the power. What happens along with a change of the rules is kept with it. A file
 * that is damaged, or that a newer Postern wrote, is never written to: opening fails with a sentence for the person, and
 * nothing is guessed. */
typedef struct _PstStore PstStore;

#define PST_STORE_APPLICATION_ID 0x50737472 /* "Pstr" */

typedef struct
{
  char *id, *name, *icon, *executable;
  char *package;        /* "" not from a package; NULL not looked up yet */
  gint64 package_stamp; /* what the package database's state was then */
  gint64 used;          /* seconds since 1970, 0 never */
  gboolean locked;      /* what no rule speaks of is refused without a question */
  gboolean strict;      /* every grant is served through the gate, and cut at revocation */
  gint64 sheet;         /* when the sheet of the first start was answered; 0: not yet */
} PstStoredApp;

void pst_stored_app_free (PstStoredApp *app);

/* Makes the directory (0700) and the file when they are missing. Errors: PST_STORE_ERROR. */
PstStore *pst_store_open (const char *path, GError **error);
/* Writes what is queued, and closes. */
void pst_store_close (PstStore *store);

typedef enum
{
  PST_STORE_RULES = 1, /* a rule was added, removed, changed or used */
  PST_STORE_APPS = 2,
  PST_STORE_EVENTS = 4, /* rows were added to the history */
} PstStoreWhat;
/* Called after each change, when it is in the database. @what: of PstStoreWhat, or-ed. @app: (nullable): several. */
typedef void (*PstStoreListener) (guint what, const char *app, gpointer user_data);
void pst_store_set_listener (PstStore *store, PstStoreListener listener, gpointer user_data);

/* The rules of @app, or of all for NULL: (transfer container) of borrowed PstStoredRule, valid until the next change. */
GPtrArray *pst_store_list_rules (PstStore *store, const char *app);
/* Those that may end by themselves, in no order: the same, without a look at the thousands that do not. */
GPtrArray *pst_store_list_ending_rules (PstStore *store);
/* The applications that have rules: (transfer container) of borrowed ids. */
GPtrArray *pst_store_list_apps_with_rules (PstStore *store);
/* Another number after each change of a rule. (A narrowed rule comes with a new one.) */
guint64 pst_store_get_revision (PstStore *store);
const PstStoredRule *pst_store_get_rule (PstStore *store, guint64 id);

/* Stores @rule (id is ignored) and @event_take (nullable) in one transaction; older rules on the same path give way as
 * pst_stored_rule_merge() says. Returns the rule's number, 0 with @error. @replaced (nullable): it was an update. */
guint64
pst_store_add_rule (PstStore *store, const PstStoredRule *rule, PstEvent *event_take, gboolean *replaced, GError **error);
/* Numbers that are none are skipped. @event_take: (nullable). */
gboolean pst_store_remove_rules (PstStore *store, const guint64 *ids, gsize n_ids, PstEvent *event_take, GError **error);

/* The history begins with everything that was given to the store before. (transfer none), valid as long as the store. */
PstHistory *pst_store_get_history (PstStore *store);
/* Called with rows of PstEvent that have just come into the history, oldest first. */
typedef void (*PstStoreRows) (GPtrArray *events, gpointer user_data);
void pst_store_set_row_listener (PstStore *store, PstStoreRows listener, gpointer user_data);

/* Numbers that are kept under a name; @missing if there is none. */
gint64 pst_store_get_meta (PstStore *store, const char *key, gint64 missing);
/* On the disk when this returns TRUE: all of them, or an error and none. */
gboolean pst_store_set_meta (PstStore *store, const char *const *keys, const gint64 *values, gsize n, GError **error);

/* Queued, and written within a quarter of a second from the main loop, or by pst_store_flush(). */
void pst_store_queue_event (PstStore *store, PstEvent *event);
void pst_store_queue_use (PstStore *store, guint64 rule, gint64 time);
void
pst_store_queue_app (PstStore *store, const char *id, const char *name, const char *icon, const char *executable, gint64 used);
void pst_store_queue_package (PstStore *store, const char *app, const char *package, gint64 stamp);
void pst_store_flush (PstStore *store);

/* What the person has chosen for an application as a whole, and @event_take (nullable), in one transaction that is on the disk
 * when this returns TRUE. Another revision, like a change of a rule. */
gboolean pst_store_set_app (PstStore *store, const char *id, gboolean locked, gboolean strict, gint64 sheet,
                            PstEvent *event_take, GError **error);

/* (transfer container) of borrowed PstStoredApp */
GPtrArray *pst_store_list_apps (PstStore *store);
const PstStoredApp *pst_store_get_app (PstStore *store, const char *id);
/* A number that no sandbox had before in this store. */
guint64 pst_store_next_sandbox (PstStore *store);

#define PST_STORE_ERROR (pst_store_error_quark ())
typedef enum
{
  PST_STORE_ERROR_UNUSABLE, /* damaged, foreign, or written by a newer version */
  PST_STORE_ERROR_WRITE,    /* no space, read-only, …: nothing has changed */
} PstStoreError;
GQuark pst_store_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstStore, pst_store_close)

G_END_DECLS
