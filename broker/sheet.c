/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The sheet of a first start.
 *
 *     Register ──► anything to offer? ── no ──────────────────────────────► registered
 *                     │ yes                                                     ▲
 *                     ▼                                                         │
 *                  one sheet of the application ◄── further starts join it      │
 *                     │                                                         │
 *                     ├── shown ──► Start ──► rules stored, “answered” noted ───┘  each start looks anew what it still needs
 *                     │      │
 *                     │      ├────► Cancel ──► every start that waits is told so; nothing is kept
 *                     │      └────► the agent died: shown again, by the next one
 *                     ├── nobody can be asked ──► started without (but one that is kept to a folder is not: it would see
 * nothing) └── the last start that waits has gone ──► withdrawn
 *
 * Nothing of an application runs while its sheet is open: its supervisor waits for us. So nothing in a sandbox can bring a
 * sheet up, and what an agent says counts only if it is the one that shows this very sheet and says as much as the sheet asks.
 *
 * An application for which nothing is asked (“locked”, by the person or the administrator) has no sheet, and one that is open
 * goes when it is locked: it starts with what the rules allow, which may be nothing.
 *
 * What is switched on becomes a rule like that of an answered question. What is left off becomes nothing: it is asked for when
 * it is used. A broker that ends meanwhile has promised nothing; the supervisors register again, and the sheet is made anew.
 */
#include "sheet.h"

#include <string.h>

#include <glib/gi18n.h>

#include "agent-start.h"
#include "consent.h"
#include "postern-ipc.h"
#include "pst-path.h"
#include "pst-text.h"
#include "push.h"
#include "sandbox-table.h"
#include "sheet-lines.h"
#include "sheet-store.h"

#define MAX_NAME 80
#define MAX_REASON 200

typedef struct
{
  guint64 id;
  char *app;
  char *screen;
  GPtrArray *lines;        /* of PstSheetLine */
  PstAccess folder_access; /* 0: no folder is to be picked */
  char *problem;           /* (nullable): why the last answer was not taken */
  GPtrArray *waiters;      /* of PstSheetWaiter, owned; never empty */
  PstAgent *shown_to;      /* (nullable), borrowed */
  gboolean was_shown;
} PstSheet;

struct _PstSheetWaiter
{
  PstSheet *sheet; /* borrowed */
  PstSandbox *sandbox;
  PstSheetDone done;
  gpointer user_data;
};

static gint64
now_seconds (void)
{
  return g_get_real_time () / G_USEC_PER_SEC;
}

static void
waiter_free (gpointer data)
{
  PstSheetWaiter *waiter = data;

  pst_sandbox_unref (waiter->sandbox);
  g_free (waiter);
}

static PstSandbox *
first_of (const PstSheet *sheet)
{
  return ((PstSheetWaiter *)sheet->waiters->pdata[0])->sandbox;
}

static PstBroker *
broker_of (const PstSheet *sheet)
{
  return first_of (sheet)->broker;
}

static void
sheet_free (PstSheet *sheet)
{
  g_free (sheet->app);
  g_free (sheet->screen);
  g_free (sheet->problem);
  g_ptr_array_unref (sheet->lines);
  g_ptr_array_unref (sheet->waiters);
  g_free (sheet);
}

static PstSheet *
find (PstBroker *broker, const char *app)
{
  for (guint i = 0; i < broker->sheets->len; i++)
    if (strcmp (((PstSheet *)broker->sheets->pdata[i])->app, app) == 0)
      return broker->sheets->pdata[i];
  return NULL;
}

gboolean
pst_sheet_is_open (PstBroker *broker, const char *app)
{
  return find (broker, app) != NULL;
}

/* What has to be asked */

static gboolean
was_answered (PstSandbox *sandbox)
{
  const PstStoredApp *app = pst_store_get_app (sandbox->broker->store, sandbox->app->id);

  return app && app->sheet != 0;
}

/* Has a folder been picked for it? By the sheet, or by the person in any other way that lasts. */
static gboolean
has_folder (PstSandbox *sandbox)
{
  PstBroker *broker = sandbox->broker;
  g_autoptr (GPtrArray) rules = pst_store_list_rules (broker->store, sandbox->app->id);

  for (guint i = 0; i < rules->len; i++)
    {
      const PstStoredRule *rule = rules->pdata[i];

      if (rule->kind == PST_KIND_FILES && rule->scope == PST_SCOPE_TREE && rule->answer == PST_ANSWER_ALLOW &&
          rule->origin == PST_ORIGIN_SHEET && pst_decide_is_in_force (rule, broker->host, 0, now_seconds ()))
        return TRUE;
    }
  return FALSE;
}

static PstSheetWaiter *
join (PstSheet *sheet, PstSandbox *sandbox, PstSheetDone done, gpointer user_data)
{
  PstSheetWaiter *waiter = g_new (PstSheetWaiter, 1);

  *waiter = (PstSheetWaiter){ sheet, pst_sandbox_ref (sandbox), done, user_data };
  g_ptr_array_add (sheet->waiters, waiter);
  return waiter;
}

PstSheetWaiter *
pst_sheet_wait (PstSandbox *sandbox, gboolean has_bus, PstSheetDone done, gpointer user_data)
{
  PstBroker *broker = sandbox->broker;
  PstAccess folder = sandbox->profile && !sandbox->only ? pst_profile_get_one_folder (sandbox->profile) : 0;
  g_autoptr (GPtrArray) lines = NULL;
  PstSheet *sheet;

  if (sandbox->only || (!folder && !pst_sheet_wants_any (sandbox)) || pst_broker_is_locked (broker, sandbox->app->id))
    return NULL;
  if (folder && has_folder (sandbox))
    folder = 0;
  if (!folder && (was_answered (sandbox) || strcmp (sandbox->screen, "none") == 0))
    return NULL;
  sheet = find (broker, sandbox->app->id);
  if (sheet)
    return join (sheet, sandbox, done, user_data);
  pst_push_compile (sandbox);
  lines = was_answered (sandbox) ? g_ptr_array_new () : pst_sheet_lines_new (sandbox, has_bus);
  if (!folder && lines->len == 0)
    return NULL;
  sheet = g_new0 (PstSheet, 1);
  sheet->id = ++broker->last_sheet;
  sheet->app = g_strdup (sandbox->app->id);
  sheet->screen = g_strdup (sandbox->screen);
  sheet->lines = g_steal_pointer (&lines);
  sheet->folder_access = folder;
  sheet->waiters = g_ptr_array_new_with_free_func (waiter_free);
  g_ptr_array_add (broker->sheets, sheet);
  pst_consent_schedule_show (broker);
  return join (sheet, sandbox, done, user_data);
}

/* Off the screen */

static void
withdraw (PstSheet *sheet)
{
  if (sheet->shown_to)
    pst_peer_notify (sheet->shown_to->peer, PST_AGENT_WITHDRAW_SHEET, g_variant_new ("(t)", sheet->id), NULL, 0);
  sheet->shown_to = NULL;
}

void
pst_sheet_leave (PstSheetWaiter *waiter)
{
  PstSheet *sheet = waiter->sheet;
  PstBroker *broker = broker_of (sheet);
  const PstSheetWaiter *next;

  g_ptr_array_remove (sheet->waiters, waiter);
  if (sheet->waiters->len == 0)
    {
      withdraw (sheet);
      g_ptr_array_remove (broker->sheets, sheet);
      sheet_free (sheet);
      return;
    }
  /* Those that wait on go on where they are. */
  next = sheet->waiters->pdata[0];
  if (strcmp (next->sandbox->screen, sheet->screen) != 0)
    {
      withdraw (sheet);
      g_free (sheet->screen);
      sheet->screen = g_strdup (next->sandbox->screen);
      pst_consent_schedule_show (broker);
    }
}

/* Ends the sheet and tells everybody that waits. Their callbacks may begin another sheet of the application. */
static void
finish (PstSheet *sheet, PstSheetOutcome outcome, const char *sentence)
{
  PstBroker *broker = broker_of (sheet);
  g_autofree char *text = g_strdup (sentence);
  g_autoptr (GPtrArray) waiters = g_steal_pointer (&sheet->waiters);

  sheet->waiters = g_ptr_array_new ();
  withdraw (sheet);
  g_ptr_array_remove (broker->sheets, sheet);
  sheet_free (sheet);
  for (guint i = 0; i < waiters->len; i++)
    {
      const PstSheetWaiter *waiter = waiters->pdata[i];

      waiter->done (outcome, text, waiter->user_data);
    }
}

/* Showing */

static void
add_string (GVariantBuilder *dict, const char *key, const char *text)
{
  g_autofree char *valid = g_utf8_make_valid (text ? text : "", -1);

  g_variant_builder_add (dict, "{sv}", key, g_variant_new_string (valid));
}

static const char *
reason_of (const PstSandbox *sandbox)
{
  const char *said = sandbox->profile ? pst_profile_get_reason (sandbox->profile) : NULL;

  return said ? said : sandbox->app->reason;
}

static void
describe_folder (GVariantBuilder *dict, const PstSheet *sheet, const PstHost *host)
{
  const char *start = host->home;

  for (guint i = 0; host->user_dirs && i < host->user_dirs->len; i++)
    if (strcmp (((PstUserDir *)host->user_dirs->pdata[i])->key, "PICTURES") == 0)
      start = ((PstUserDir *)host->user_dirs->pdata[i])->path;
  g_variant_builder_add (dict, "{sv}", "folder", g_variant_new_uint32 (sheet->folder_access));
  g_variant_builder_add (dict, "{sv}", "folder_start", g_variant_new_bytestring (start));
}

static GVariant *
describe (const PstSheet *sheet)
{
  const PstSandbox *sandbox = first_of (sheet);
  PstBroker *broker = sandbox->broker;
  const PstStoredApp *app = pst_store_get_app (broker->store, sheet->app);
  g_autofree char *name = pst_text_for_display (sandbox->app->name, MAX_NAME),
                  *executable = pst_text_for_display (sandbox->app->executable, 400),
                  *reason = pst_sheet_quotable (reason_of (sandbox), MAX_REASON), *title = NULL;
  GVariantBuilder dict, lines;

  /* Translators: the name of an application */
  title =
      g_strdup_printf (sheet->folder_access ? _ ("Which folder may “%s” see?") : _ ("“%s” starts for the first time"), name);
  g_variant_builder_init (&lines, G_VARIANT_TYPE ("a(sssb)"));
  for (guint i = 0; i < sheet->lines->len; i++)
    {
      const PstSheetLine *line = sheet->lines->pdata[i];

      g_variant_builder_add (&lines, "(sssb)", line->icon, line->label, line->detail, line->on);
    }
  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  add_string (&dict, "app_id", sheet->app);
  add_string (&dict, "app_name", name);
  add_string (&dict, "app_icon", sandbox->app->icon);
  add_string (&dict, "executable", executable);
  add_string (&dict, "package", app && app->package ? app->package : _ ("not known yet"));
  add_string (&dict, "title", title);
  add_string (&dict, "text",
              sheet->folder_access ? _ ("It sees this folder and nothing else of yours. Your choice is remembered.")
                                   : _ ("It would like to have this. What you leave off, it has to ask for when it needs it."));
  add_string (&dict, "reason", reason);
  add_string (&dict, "problem", sheet->problem);
  g_variant_builder_add (&dict, "{sv}", "lines", g_variant_builder_end (&lines));
  if (sheet->folder_access)
    describe_folder (&dict, sheet, broker->host);
  return g_variant_builder_end (&dict);
}

/* Nobody can be asked on its screen. */
static void
go_without (PstSheet *sheet)
{
  const PstSandbox *first = first_of (sheet);

  if (first->tty && g_str_has_prefix (sheet->screen, "display:"))
    {
      g_free (sheet->screen);
      sheet->screen = pst_screen_key (NULL, TRUE, first->number);
      pst_consent_schedule_show (first->broker);
    }
  else if (sheet->folder_access)
    finish (sheet, PST_SHEET_REFUSED,
            _ ("It is kept to one folder, and there is nobody to ask which. Name it: postern run --only FOLDER --view …"));
  else if (sheet->was_shown)
    finish (sheet, PST_SHEET_REFUSED,
            _ ("What it wants could not be asked to the end: the program that asks ended again and again. Start it anew."));
  else
    finish (sheet, PST_SHEET_SKIPPED, NULL);
}

static void
show (PstSheet *sheet)
{
  PstSandbox *first = first_of (sheet);
  PstBroker *broker = first->broker;
  gboolean nowhere = strcmp (sheet->screen, "none") == 0;
  PstAgent *agent;

  if (pst_broker_is_locked (broker, sheet->app))
    {
      finish (sheet, PST_SHEET_SKIPPED, NULL);
      return;
    }
  /* Who shows it goes on: another agent that comes to the same screen would put a second one beside it. */
  if (sheet->shown_to)
    return;
  agent = nowhere ? NULL : pst_screen_agent (broker, sheet->screen);
  if (!agent)
    {
      if (!pst_screen_start (broker, sheet->screen, first->environment, first))
        go_without (sheet);
      return;
    }
  sheet->shown_to = agent;
  sheet->was_shown = TRUE;
  pst_peer_notify (agent->peer, PST_AGENT_SHOW_SHEET, g_variant_new ("(t@a{sv})", sheet->id, describe (sheet)), NULL, 0);
}

void
pst_sheets_show (PstBroker *broker)
{
  g_autoptr (GPtrArray) sheets = g_ptr_array_new ();

  /* One that is finished takes itself out, and what its starts do then may bring another. */
  g_ptr_array_extend (sheets, broker->sheets, NULL, NULL);
  for (guint i = 0; i < sheets->len; i++)
    if (g_ptr_array_find (broker->sheets, sheets->pdata[i], NULL))
      show (sheets->pdata[i]);
}

void
pst_sheets_agent_gone (PstBroker *broker, PstAgent *agent)
{
  for (guint i = 0; i < broker->sheets->len; i++)
    {
      PstSheet *sheet = broker->sheets->pdata[i];

      if (sheet->shown_to == agent)
        sheet->shown_to = NULL;
    }
}

/* Answering */

/* The answer is not taken: the person is told why, and has the sheet again. */
static void
show_again (PstSheet *sheet, char *problem_take)
{
  g_free (sheet->problem);
  sheet->problem = problem_take;
  sheet->shown_to = NULL;
  pst_consent_schedule_show (broker_of (sheet));
}

/* A switched line that is no longer what was shown: its sentence. (transfer full) (nullable) */
static char *
changed_since (const PstSheet *sheet, GVariant *on)
{
  for (guint i = 0; i < sheet->lines->len; i++)
    {
      const PstSheetLine *line = sheet->lines->pdata[i];
      gboolean is_on;

      g_variant_get_child (on, i, "b", &is_on);
      if (is_on && line->kind == PST_KIND_FILES && !pst_grantable_unchanged (line->resource, &line->found))
        return g_strdup_printf (_ ("%s changed while this was open: leave it off, or cancel and start again."), line->detail);
    }
  return NULL;
}

static void
on_pushed (PstBroker *broker, gpointer user_data)
{
  g_autofree char *app = user_data;

  pst_consent_resettle (broker, app, NULL);
}

static void
start (PstSheet *sheet, GVariant *on, const char *folder)
{
  PstSandbox *first = first_of (sheet);
  PstBroker *broker = first->broker;
  g_auto (PstGrantable) found = { 0 };
  g_autoptr (GError) error = NULL;
  char *problem;

  /* Nothing is asked for it from now on, so that nothing has been answered. */
  if (pst_broker_is_locked (broker, sheet->app))
    {
      finish (sheet, PST_SHEET_SKIPPED, NULL);
      return;
    }
  problem = changed_since (sheet, on);
  if (!sheet->folder_access)
    folder = NULL;
  else if (!problem && !*folder)
    problem = g_strdup (_ ("Choose the folder first."));
  else if (!problem)
    problem = pst_grantable_check (first, folder, sheet->folder_access, TRUE, TRUE, &found);
  if (problem)
    {
      show_again (sheet, problem);
      return;
    }
  if (!broker->store)
    {
      finish (sheet, PST_SHEET_REFUSED, broker->store_error);
      return;
    }
  if (!pst_sheet_store (first, sheet->lines, on, folder, sheet->folder_access, &found, &error))
    {
      finish (sheet, PST_SHEET_REFUSED, error->message);
      return;
    }
  pst_push_app (broker, sheet->app, on_pushed, g_strdup (sheet->app));
  finish (sheet, PST_SHEET_ANSWERED, NULL);
}

gboolean
pst_sheet_answer (PstBroker *broker, PstAgent *agent, guint64 id, gboolean let_start, GVariant *on, const char *folder)
{
  PstSheet *sheet = NULL;

  for (guint i = 0; i < broker->sheets->len; i++)
    if (((PstSheet *)broker->sheets->pdata[i])->id == id)
      sheet = broker->sheets->pdata[i];
  if (!sheet || sheet->shown_to != agent)
    return TRUE; /* withdrawn meanwhile, or never theirs */
  if (g_variant_n_children (on) != sheet->lines->len)
    return FALSE;
  if (let_start)
    start (sheet, on, folder);
  else
    {
      const PstSandbox *first = first_of (sheet);
      g_autofree char *name = pst_text_for_display (first->app->name, MAX_NAME),
                      *text = g_strdup_printf (_ ("“%s” was not started, as you chose. Nothing of that is remembered."), name);

      finish (sheet, PST_SHEET_CANCELLED, text);
    }
  return TRUE;
}
