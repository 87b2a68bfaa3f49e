/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "facts.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "decide.h"
#include "intent.h"
#include "look.h"
#include "pst-path.h"

/* Init may hide its namespace from us (it is not dumpable). Then its first descendant that asks shows it. */
static void
find_namespace (PstAsk *ask)
{
  PstSandbox *sandbox = ask->sandbox;

  if (sandbox->pid_ns != 0 || sandbox->init == 0 || !pst_pid_descends_from (ask->tid, sandbox->init))
    return;
  sandbox->pid_ns = pst_pid_namespace_of (ask->tid);
  if (sandbox->pid_ns == pst_pid_namespace_of (getpid ()))
    sandbox->pid_ns = 0;
}

/* Its own name for it, seen from its own root: for the person's eyes only. */
static void
find_program (PstAsk *ask)
{
  g_autofree char *link = g_strdup_printf ("/proc/%d/exe", (int)ask->tid);
  char target[PATH_MAX];
  gssize length;

  g_clear_pointer (&ask->program, g_free);
  if (ask->sandbox->pid_ns == 0 || pst_pid_namespace_of (ask->tid) != ask->sandbox->pid_ns)
    return;
  length = readlink (link, target, sizeof target);
  if (length > 0 && length < (gssize)sizeof target)
    ask->program = g_strndup (target, (gsize)length);
}

void
pst_facts_read_intent (PstAsk *ask)
{
  PstIntent intent = { 0 };

  find_namespace (ask);
  find_program (ask);
  ask->intent = pst_intent_from_op (ask->op, ask->access);
  ask->is_made = FALSE;
  g_free (ask->target);
  ask->target = NULL;
  if (pst_intent_read (ask->tid, ask->sandbox->pid_ns, &intent))
    {
      /* The gate knows best what an operation other than a look-up is. */
      if (ask->op == PST_OP_LOOKUP && intent.kind != PST_INTENT_UNKNOWN)
        ask->intent = intent.kind;
      ask->is_made = ask->op == PST_OP_LOOKUP && intent.walks_once && g_strcmp0 (intent.path, ask->path) == 0;
      if (intent.path && pst_path_is_below_or_equal (intent.path, ask->path))
        ask->target = g_steal_pointer (&intent.path);
      else if (intent.path2 && pst_path_is_below_or_equal (intent.path2, ask->path))
        {
          ask->target = g_steal_pointer (&intent.path2);
          /* The second name of a rename or link is one that is made. */
          if (ask->op == PST_OP_LOOKUP)
            ask->intent = PST_INTENT_CREATE;
        }
      pst_intent_clear (&intent);
    }
  else
    g_debug ("what thread %d is about to do cannot be read (namespace %" G_GUINT64_FORMAT ")", (int)ask->tid,
             ask->sandbox->pid_ns);
  if (!ask->target)
    ask->target = g_strdup (ask->path);
  ask->wanted = ask->access == PST_ACCESS_VIEW ? pst_intent_access (ask->intent) : ask->access;
}

PstEvent *
pst_facts_event (PstAsk *ask, const char *what, const char *text)
{
  const char *resource = ask->bus || !ask->target ? ask->path : ask->target;
  PstEvent *event = pst_event_new (what, ask->sandbox->app->id, ask->sandbox->number, resource, text);
  struct stat st;

  event->access = ask->wanted;
  event->program = g_strdup (ask->program);
  if (!ask->bus && pst_look (resource, FALSE, &st) == 0)
    event->kind = st.st_mode & S_IFMT;
  return event;
}

gboolean
pst_facts_may_hide (PstAsk *ask)
{
  const PstHost *host = ask->sandbox->broker->host;
  const PstUserDir *dir = pst_host_user_dir (host, ask->path);
  g_autofree char *parent = g_path_get_dirname (ask->path);
  PstDecision decision;
  struct stat st;

  if (ask->wanted != PST_ACCESS_VIEW || dir)
    return FALSE;
  pst_ruleset_decide (ask->sandbox->ruleset, parent, PST_ACCESS_VIEW, &decision);
  if (!decision.is_door && !pst_host_is_root_or_above (host, parent))
    return FALSE;
  return pst_look (ask->path, FALSE, &st) < 0 && errno == ENOENT;
}

char *
pst_facts_as_named (const PstHost *host, const char *real)
{
  g_autofree char *home = pst_host_real_path (host->home);

  return home && strcmp (home, host->home) != 0 && pst_path_is_below_or_equal (real, home)
             ? g_strconcat (host->home, real + strlen (home), NULL)
             : g_strdup (real);
}

/* The dot entries of the home are never asked about by their own name: the application has its own. */
static gboolean
is_guarded (const PstHost *host, const char *named)
{
  return pst_host_protected_above (host, named) || pst_decide_is_private_name (host, named);
}

char *
pst_facts_protected_by (PstAsk *ask)
{
  const PstHost *host = ask->sandbox->broker->host;
  const char *as_written = pst_host_protected_above (host, ask->path);
  PstDecision decision;
  g_autofree char *real = NULL, *named = NULL;

  if (as_written)
    return g_strdup (as_written);
  pst_ruleset_decide (ask->sandbox->ruleset, ask->path, ask->access, &decision);
  if (decision.protected_by)
    return g_strdup (decision.protected_by);
  real = pst_host_real_path (ask->path);
  named = real ? pst_facts_as_named (host, real) : NULL;
  if (named && strcmp (named, ask->path) != 0 && is_guarded (host, named))
    return g_strdup (ask->path);
  return NULL;
}

/* Where the kernel shows more than files, and where the sockets of the session, of X and of agents are. */
static gboolean
is_special (const PstHost *host, const char *real)
{
  static const char *const places[] = { "/proc", "/sys", "/dev", "/run", "/tmp" };

  if (pst_host_gate_root (host, real))
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (places); i++)
    if (pst_path_is_below_or_equal (real, places[i]))
      return TRUE;
  return FALSE;
}

/* Is there a refusal for @named, for something above it that holds it, or for something in it? */
static gboolean
is_refused (const PstRuleset *ruleset, const char *named, gboolean locks_only)
{
  PstDecision decision;

  pst_ruleset_decide (ruleset, named, PST_ACCESS_CHANGE, &decision);
  if ((decision.answer == PST_ANSWER_DENY || decision.answer == PST_ANSWER_HIDE) &&
      (!locks_only || !decision.rule || decision.rule->tier == PST_TIER_LOCK))
    return TRUE;
  for (guint i = 0; i < pst_ruleset_get_n_rules (ruleset); i++)
    {
      const PstRule *rule = pst_ruleset_get_rule (ruleset, i);

      if ((rule->answer == PST_ANSWER_DENY || rule->answer == PST_ANSWER_HIDE) &&
          (!locks_only || rule->tier == PST_TIER_LOCK) && pst_path_is_below_or_equal (rule->path, named))
        return TRUE;
    }
  return FALSE;
}

gboolean
pst_facts_leads_astray (PstSandbox *sandbox, const char *path, const char *real, gboolean is_protected, gboolean locks_only)
{
  const PstHost *host = sandbox->broker->host;
  g_autofree char *named = NULL;

  if (strcmp (real, path) == 0)
    return FALSE;
  named = pst_facts_as_named (host, real);
  if (strcmp (named, path) == 0)
    return FALSE;
  return is_special (host, named) || pst_host_is_root_or_above (host, named) || (!is_protected && is_guarded (host, named)) ||
         is_refused (sandbox->ruleset, named, locks_only);
}

/* Notes what is there. FALSE: it is not to be offered. */
static gboolean
note_scope (PstSandbox *sandbox, PstOfferScope *scope, gboolean is_protected)
{
  struct stat st;

  scope->real = pst_host_real_path (scope->path);
  if (!scope->real || pst_facts_leads_astray (sandbox, scope->path, scope->real, is_protected, FALSE))
    return FALSE;
  if (pst_look (scope->real, FALSE, &st) == 0)
    {
      scope->exists = TRUE;
      scope->device = (guint64)st.st_dev;
      scope->inode = (guint64)st.st_ino;
      if (!S_ISDIR (st.st_mode) && scope->scope == PST_SCOPE_TREE)
        {
          scope->scope = PST_SCOPE_FILE;
          scope->kind = PST_OFFER_FILE;
        }
    }
  return TRUE;
}

/* Is what @scope would give what the person can read? Either its path is its real path, and the label says it; or it leads
 * elsewhere, and the full path that is shown, which is that of @shown, leads through the same place. Each scope is resolved at
 * a moment of its own, and in between somebody may exchange a directory for a symlink. */
static gboolean
is_as_shown (const PstOfferScope *scope, const PstOfferScope *shown)
{
  g_autofree char *expected = NULL;

  if (strcmp (scope->real, scope->path) == 0)
    return TRUE;
  if (!pst_path_is_below_or_equal (shown->path, scope->path))
    return FALSE;
  expected = g_strconcat (scope->real, shown->path + strlen (scope->path), NULL);
  return strcmp (expected, shown->real) == 0;
}

static void
remove_scope (PstOffer *offer, guint i)
{
  g_ptr_array_remove_index (offer->scopes, i);
  if (offer->scope >= i && offer->scope > 0)
    offer->scope--;
}

PstOffer *
pst_facts_offer (PstAsk *ask, const char *protected_by)
{
  PstSandbox *sandbox = ask->sandbox;
  const PstHost *host = sandbox->broker->host;
  g_autoptr (PstOffer) offer = NULL;
  PstDecision view;
  PstAccess suggested = sandbox->profile ? pst_profile_get_suggested_access (sandbox->profile) : 0;
  struct stat st;
  PstScopeFacts facts = {
    .host = host,
    .app_name = sandbox->app->name,
    .path = ask->path,
    .target = ask->target,
    .intent = ask->intent,
    .wanted = ask->wanted,
    .suggested = suggested ? suggested : sandbox->app->suggested,
    .creating = pst_intent_creates (ask->intent),
    .protected_by = protected_by,
    .launch_dir = sandbox->launch_dir,
  };

  if (pst_look (ask->target, TRUE, &st) == 0)
    {
      facts.target_exists = TRUE;
      facts.target_is_dir = S_ISDIR (st.st_mode);
    }
  pst_ruleset_decide (sandbox->ruleset, ask->path, PST_ACCESS_VIEW, &view);
  facts.view_allowed = view.answer == PST_ANSWER_ALLOW && ask->access != PST_ACCESS_VIEW && !ask->past_rule;
  offer = pst_scopes_candidates (&facts);
  for (guint i = offer->scopes->len; i-- > 0;)
    if (!note_scope (sandbox, offer->scopes->pdata[i], offer->is_protected))
      remove_scope (offer, i);
  if (offer->scopes->len == 0)
    return NULL;
  /* the last is the narrowest, whose real path is shown */
  for (guint i = offer->scopes->len - 1; i-- > 0;)
    if (!is_as_shown (offer->scopes->pdata[i], offer->scopes->pdata[offer->scopes->len - 1]))
      remove_scope (offer, i);
  pst_scopes_word (offer, &facts);
  return g_steal_pointer (&offer);
}

gboolean
pst_facts_unchanged (const PstOfferScope *scope)
{
  g_autofree char *real = pst_host_real_path (scope->path);
  struct stat st;

  if (g_strcmp0 (real, scope->real) != 0)
    return FALSE;
  if (!scope->exists)
    return TRUE;
  return pst_look (real, FALSE, &st) == 0 && (guint64)st.st_dev == scope->device && (guint64)st.st_ino == scope->inode;
}
