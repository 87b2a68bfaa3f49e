/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From a permission to a tree in the sandbox.
 *
 * A tree is opened by its real path, in which no component may be a symlink, so that nobody who can write to a parent can lead
 * it elsewhere. Where that path comes from:
 *
 *   a rule that a person confirmed      the real path stored with it, with what lies between the rule's path and the unit
 *                                       added as it is written
 *   the first time after a question     the same, and device and inode must be those that were shown
 *   a profile, a lock, a rule for what  looked up now. If it turns out to lead to something protected, or to a gate root, it
 *   was missing then                    is as though there were no rule: the person is asked.
 */
#include "attach.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "consent.h"
#include "facts.h"
#include "look.h"
#include "postern-ipc.h"
#include "pst-path.h"
#include "push.h"
#include "sandbox-table.h"

/* What is to be attached */
typedef struct
{
  char *path, *real;
  PstTreeKind kind;
  PstAccess access;
  gboolean create, live;
} Unit;

typedef enum
{
  UNIT_OK = 1,
  UNIT_MISSING, /* there is nothing to attach, and nothing may be made */
  UNIT_ASK,     /* the rule does not reach there after all */
} UnitStatus;

typedef struct
{
  PstSandbox *sandbox;
  guint64 tree;
  PstShown shown;
  gboolean has_shown;
} Pending;

static void
unit_clear (Unit *unit)
{
  g_clear_pointer (&unit->path, g_free);
  g_clear_pointer (&unit->real, g_free);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Unit, unit_clear)

static UnitStatus
find_real (PstSandbox *sandbox, const PstDecision *decision, Unit *unit)
{
  PstBroker *broker = sandbox->broker;
  const PstRule *rule = decision->rule;
  const PstStoredRule *stored = rule->id && broker->store ? pst_store_get_rule (broker->store, rule->id) : NULL;
  g_autofree char *now = pst_host_real_path (unit->path);

  if (stored && stored->real)
    {
      gsize length = strlen (rule->path);

      if (strcmp (rule->path, unit->path) == 0)
        unit->real = g_strdup (stored->real);
      else if (strcmp (stored->real, "/") == 0)
        unit->real = g_strdup (unit->path + length);
      else
        unit->real = g_strconcat (stored->real, unit->path + length, NULL);
      /* An entry below a granted Home that is a symlink was never shown to anybody: where it leads is a question of its own. */
      if (strcmp (rule->path, unit->path) != 0 && g_strcmp0 (now, unit->real) != 0)
        return UNIT_ASK;
      /* What a person agreed to, by whatever name, an administrator may have locked by its own. */
      if (pst_facts_leads_astray (sandbox, unit->path, unit->real, TRUE, TRUE))
        return UNIT_ASK;
      return UNIT_OK;
    }
  if (!now)
    return UNIT_MISSING;
  /* Where it leads now nobody has agreed to. */
  if (stored && strcmp (now, unit->path) != 0)
    return UNIT_ASK;
  if (strcmp (now, unit->path) != 0 &&
      (pst_host_protected_below (broker->host, now) || pst_facts_leads_astray (sandbox, unit->path, now, FALSE, FALSE)))
    return UNIT_ASK;
  unit->real = g_steal_pointer (&now);
  return UNIT_OK;
}

static UnitStatus
find_unit (PstAsk *ask, const PstDecision *decision, Unit *unit)
{
  PstSandbox *sandbox = ask->sandbox;
  PstBroker *broker = sandbox->broker;
  const PstRule *rule = decision->rule;
  const PstUserDir *user_dir;
  PstDecideInput input;
  UnitStatus status;
  gboolean exists;
  struct stat st;

  if (!(unit->path = pst_decide_unit (broker->host, decision, ask->path)))
    return UNIT_ASK;
  if ((status = find_real (sandbox, decision, unit)) != UNIT_OK)
    return status;
  unit->access = rule->access;
  exists = pst_look (unit->real, FALSE, &st) == 0;
  if (!exists)
    {
      user_dir = pst_host_user_dir (broker->host, unit->path);
      if (rule->scope == PST_SCOPE_TREE &&
          ((user_dir && strcmp (user_dir->path, unit->path) == 0) ||
           (ask->intent == PST_INTENT_MKDIR && ask->access != PST_ACCESS_VIEW && strcmp (ask->target, unit->path) == 0)))
        unit->create = TRUE;
      else if (ask->access == PST_ACCESS_VIEW)
        return UNIT_MISSING;
    }
  if (rule->scope == PST_SCOPE_FILE || (exists ? !S_ISDIR (st.st_mode) : !unit->create))
    unit->kind = PST_TREE_FILE;
  else
    unit->kind = rule->access == PST_ACCESS_SAVE ? PST_TREE_SAVE : PST_TREE_TREE;
  if (unit->kind == PST_TREE_TREE && !sandbox->strict)
    {
      pst_broker_decide_input (broker, sandbox, &input);
      unit->live = pst_decide_may_be_live (&input, sandbox->ruleset, unit->path, unit->real, rule->access);
      pst_decide_input_clear (&input);
    }
  return UNIT_OK;
}

gboolean
pst_attach_is_stale (PstSandbox *sandbox, const PstTree *tree)
{
  PstBroker *broker = sandbox->broker;
  PstAccess access = tree->access;
  PstDecision decision;
  g_autofree char *unit = NULL;
  const PstStoredRule *stored;
  PstDecideInput input;
  gboolean live;

  pst_ruleset_decide (sandbox->ruleset, tree->path, access, &decision);
  if (decision.answer != PST_ANSWER_ALLOW || !decision.rule || decision.rule->access != access)
    return TRUE;
  unit = pst_decide_unit (broker->host, &decision, tree->path);
  if (!unit || strcmp (unit, tree->path) != 0)
    return TRUE;
  stored = decision.rule->id && broker->store ? pst_store_get_rule (broker->store, decision.rule->id) : NULL;
  if (stored && stored->real && strcmp (decision.rule->path, tree->path) == 0 && g_strcmp0 (stored->real, tree->real) != 0)
    return TRUE;
  if (tree->kind != PST_TREE_TREE)
    return FALSE;
  pst_broker_decide_input (broker, sandbox, &input);
  live = !sandbox->strict && pst_decide_may_be_live (&input, sandbox->ruleset, tree->path, tree->real, access);
  pst_decide_input_clear (&input);
  return live != tree->live;
}

/* The tree could not be attached although a person has just allowed it. If that is because something else is there now than
 * what they were shown, the rule goes; a passing failure leaves it. */
static void
withdraw_if_changed (PstSandbox *sandbox, const char *path, const char *real, const PstShown *shown)
{
  PstBroker *broker = sandbox->broker;
  g_autoptr (GError) error = NULL;
  struct stat st;

  if (shown->inode == 0 ||
      (pst_look (real, FALSE, &st) == 0 && (guint64)st.st_dev == shown->device && (guint64)st.st_ino == shown->inode))
    return;
  if (broker->store &&
      !pst_store_remove_rules (
          broker->store, &shown->rule, 1,
          pst_event_new ("refused", sandbox->app->id, sandbox->number, path,
                         _ ("what was there when the question was answered is not what was shown; nothing was granted")),
          &error))
    g_warning ("%s", error->message);
  pst_push_app (broker, sandbox->app->id, NULL, NULL);
}

static void
on_attached (PstPeer *peer, PstMessage *reply, const GError *error, gpointer user_data)
{
  Pending *pending = user_data;
  PstSandbox *sandbox = pending->sandbox;
  PstBroker *broker = sandbox->broker;
  PstTree *tree = NULL;
  g_autoptr (GPtrArray) asks = g_ptr_array_new ();

  for (guint i = 0; !sandbox->ended && i < sandbox->trees->len; i++)
    if (((PstTree *)sandbox->trees->pdata[i])->number == pending->tree)
      tree = sandbox->trees->pdata[i];
  if (!tree)
    goto out;
  if (error)
    {
      g_autofree char *path = g_strdup (tree->path), *real = g_strdup (tree->real);

      g_message ("sandbox %" G_GUINT64_FORMAT " cannot attach %s: %s", sandbox->number, path, error->message);
      g_ptr_array_extend (asks, tree->waiting, NULL, NULL);
      pst_sandbox_remove_tree (sandbox, tree);
      for (guint i = 0; i < asks->len; i++)
        pst_ask_finish (asks->pdata[i], PST_OUTCOME_DENY);
      if (broker->store)
        {
          PstEvent *event = pst_event_new ("refused", sandbox->app->id, sandbox->number, path, error->message);

          event->answer = PST_ANSWER_DENY;
          pst_store_queue_event (broker->store, event);
        }
      if (pending->has_shown)
        withdraw_if_changed (sandbox, path, real, &pending->shown);
      goto out;
    }
  if (tree->state == PST_TREE_DETACHING)
    goto out;
  tree->state = PST_TREE_ATTACHED;
  pst_sandbox_note_use (sandbox, tree->rule);
  g_ptr_array_extend (asks, tree->waiting, NULL, NULL);
  for (guint i = 0; i < asks->len; i++)
    pst_ask_finish (asks->pdata[i], PST_OUTCOME_RETRY);
  pst_sandbox_save_state (sandbox);
out:
  pst_sandbox_unref (sandbox);
  g_free (pending);
}

static void
wait_for (PstTree *tree, PstAsk *ask)
{
  ask->tree = tree;
  g_ptr_array_add (tree->waiting, ask);
}

void
pst_attach_for (PstAsk *ask, const PstDecision *decision, const PstShown *shown)
{
  PstSandbox *sandbox = ask->sandbox;
  g_auto (Unit) unit = { 0 };
  Pending *pending;
  PstTree *tree;
  UnitStatus status = find_unit (ask, decision, &unit);

  if (status == UNIT_ASK)
    {
      g_free (ask->past_rule);
      ask->past_rule = g_strdup (decision->rule->path);
      pst_consent_question (ask);
      return;
    }
  if (status == UNIT_MISSING)
    {
      /* Shown a moment ago, and gone. */
      gboolean vanished = shown && shown->rule == decision->rule->id && shown->rule != 0 && shown->inode != 0;
      g_autofree char *path = g_strdup (decision->rule->path);

      pst_ask_finish (ask, vanished ? PST_OUTCOME_DENY : PST_OUTCOME_HIDE);
      if (vanished)
        withdraw_if_changed (sandbox, path, unit.real ? unit.real : path, shown);
      return;
    }
  tree = pst_sandbox_find_tree (sandbox, unit.path, unit.kind);
  if (tree && tree->state == PST_TREE_ATTACHED)
    {
      pst_ask_finish (ask, PST_OUTCOME_RETRY);
      return;
    }
  if (tree)
    {
      wait_for (tree, ask);
      return;
    }
  if (!pst_peer_is_open (sandbox->launcher))
    {
      pst_ask_finish (ask, PST_OUTCOME_DENY);
      return;
    }
  tree = pst_sandbox_add_tree (sandbox, unit.path, unit.kind);
  tree->access = unit.access;
  tree->real = g_strdup (unit.real);
  tree->live = unit.live;
  tree->rule = decision->rule->id;
  wait_for (tree, ask);
  pending = g_new0 (Pending, 1);
  pending->sandbox = pst_sandbox_ref (sandbox);
  pending->tree = tree->number;
  if (shown && shown->rule == tree->rule && shown->rule != 0)
    {
      pending->shown = *shown;
      pending->has_shown = TRUE;
    }
  pst_peer_call (sandbox->launcher, PST_LAUNCHER_ATTACH,
                 g_variant_new ("(tuu^ay^ayttbb)", tree->number, (guint32)unit.kind, (guint32)unit.access, unit.path, unit.real,
                                pending->shown.device, pending->shown.inode, unit.live, unit.create),
                 NULL, 0, on_attached, pending);
}
