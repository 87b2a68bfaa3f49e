/* SPDX-License-Identifier: GPL-3.0-or-later */
/* From one request to what a person can sensibly be offered.
 *
 *   path asked for       ~/Pictures/2026               (the first name that is not open to the application)
 *   what it is after     ~/Pictures/2026/holiday.jpg   (by its intent)
 *   base                 ~/Pictures                    All of Pictures
 *   folder               ~/Pictures/2026               Only Pictures/2026
 *   file                                               Only holiday.jpg
 *
 * Whatever is asked for below one base while the question is open is the same question. The widest scope is preselected, since
 * most applications go on to the next file, and the next question would only be a nuisance; for protected things it is the
 * narrowest.
 */
#include "scopes.h"

#include <string.h>

#include <glib/gi18n.h>

#include "pst-path.h"
#include "pst-text.h"

#define MAX_NAME 80
#define MAX_LABEL 120
#define MAX_FULL 1000
#define MAX_LINK 120

void
pst_offer_scope_free (gpointer data)
{
  PstOfferScope *scope = data;

  g_free (scope->path);
  g_free (scope->real);
  g_free (scope->label);
  g_free (scope);
}

void
pst_offer_free (PstOffer *offer)
{
  if (!offer)
    return;
  g_free (offer->base);
  g_ptr_array_unref (offer->scopes);
  g_strfreev (offer->titles);
  g_free (offer->intent);
  g_free (offer->resource);
  g_free (offer->warning);
  g_free (offer);
}

static PstOfferScope *
add_scope (PstOffer *offer, PstOfferKind kind, const char *path, PstScope scope)
{
  PstOfferScope *new;

  for (guint i = 0; i < offer->scopes->len; i++)
    {
      PstOfferScope *old = offer->scopes->pdata[i];

      if (strcmp (old->path, path) == 0)
        return old;
    }
  new = g_new0 (PstOfferScope, 1);
  new->kind = kind;
  new->path = g_strdup (path);
  new->scope = scope;
  g_ptr_array_add (offer->scopes, new);
  return new;
}

/* The entry of a gate root on the way to @path: ~/Projects, /mnt/disk, /media/USER/STICK. */
static char *
entry_of (const PstHost *host, const char *root, const char *path)
{
  const char *from = path + strlen (root), *slash;

  if (*from == '\0')
    return g_strdup (path);
  if (strcmp (root, "/media") == 0 && host->user)
    {
      gsize length = strlen (host->user);

      if (strncmp (from + 1, host->user, length) == 0 && from[1 + length] == '/')
        from += 1 + length;
    }
  slash = strchr (from + 1, '/');
  return slash ? g_strndup (path, (gsize)(slash - path)) : g_strdup (path);
}

static gboolean
is_top_level_creation (const PstScopeFacts *facts)
{
  g_autofree char *parent = g_path_get_dirname (facts->path);

  return facts->creating && !facts->target_exists && strcmp (facts->path, facts->target) == 0 &&
         strcmp (parent, facts->host->home) == 0 && !pst_host_user_dir (facts->host, facts->path);
}

PstOffer *
pst_scopes_candidates (const PstScopeFacts *facts)
{
  const PstHost *host = facts->host;
  const PstUserDir *user_dir = pst_host_user_dir (host, facts->path);
  const char *root = pst_host_gate_root (host, facts->path);
  gboolean is_dir = facts->target_exists && facts->target_is_dir;
  gboolean is_new_dir = !facts->target_exists && facts->intent == PST_INTENT_MKDIR;
  g_autofree char *folder = is_dir ? g_strdup (facts->target) : g_path_get_dirname (facts->target);
  PstOffer *offer = g_new0 (PstOffer, 1);

  offer->scopes = g_ptr_array_new_with_free_func (pst_offer_scope_free);
  if (facts->protected_by)
    {
      /* Nothing wider than the protected thing itself. */
      offer->is_protected = TRUE;
      offer->base = g_strdup (facts->protected_by);
      if (strcmp (facts->target, facts->protected_by) == 0 && facts->target_exists && !facts->target_is_dir)
        add_scope (offer, PST_OFFER_FILE, facts->protected_by, PST_SCOPE_FILE);
      else
        add_scope (offer, PST_OFFER_FOLDER, facts->protected_by, PST_SCOPE_TREE);
      if (!is_dir && strcmp (facts->target, facts->protected_by) != 0)
        add_scope (offer, PST_OFFER_FILE, facts->target, PST_SCOPE_FILE);
      offer->scope = offer->scopes->len - 1;
      return offer;
    }
  if (is_top_level_creation (facts))
    {
      offer->base = g_strdup (facts->path);
      offer->private_ok = TRUE;
      add_scope (offer, is_new_dir ? PST_OFFER_FOLDER : PST_OFFER_FILE, facts->path,
                 is_new_dir ? PST_SCOPE_TREE : PST_SCOPE_FILE);
      return offer;
    }

  if (user_dir)
    {
      offer->base = g_strdup (user_dir->path);
      add_scope (offer, PST_OFFER_USER_DIR, offer->base, PST_SCOPE_TREE);
    }
  else
    {
      offer->base = entry_of (host, root ? root : "/", facts->path);
      if (strcmp (facts->target, offer->base) == 0 && !is_dir && !is_new_dir)
        add_scope (offer, PST_OFFER_FILE, offer->base, PST_SCOPE_FILE);
      else
        add_scope (offer, PST_OFFER_ENTRY, offer->base, PST_SCOPE_TREE);
      /* In the directory that it was started in, an application is expected to work; the rest of the entry is another matter.
       */
      if (facts->launch_dir && pst_path_is_below_or_equal (facts->launch_dir, offer->base) &&
          strcmp (facts->launch_dir, offer->base) != 0 && pst_path_is_below_or_equal (facts->target, facts->launch_dir))
        {
          add_scope (offer, PST_OFFER_FOLDER, facts->launch_dir, PST_SCOPE_TREE);
          offer->scope = 1;
        }
    }
  if (pst_path_is_below_or_equal (folder, offer->base))
    add_scope (offer, PST_OFFER_FOLDER, folder, PST_SCOPE_TREE);
  if (is_new_dir)
    add_scope (offer, PST_OFFER_FOLDER, facts->target, PST_SCOPE_TREE);
  else if (!is_dir)
    add_scope (offer, PST_OFFER_FILE, facts->target, PST_SCOPE_FILE);
  return offer;
}

/* Words */

/* As people say it: relative to the home, else in full. */
char *
pst_scopes_short_path (const PstHost *host, const char *path)
{
  g_autofree char *shown = NULL;

  if (strcmp (path, host->home) != 0 && pst_path_is_below_or_equal (path, host->home))
    shown = g_strdup (path + strlen (host->home) + 1);
  else
    shown = g_strdup (path);
  return pst_text_for_display (shown, MAX_NAME);
}

static char *
file_name (const char *path)
{
  const char *slash = strrchr (path, '/');

  return pst_text_for_display (slash && slash[1] ? slash + 1 : path, MAX_NAME);
}

/* What people call a user directory: its title, unless it has a name of its own. */
char *
pst_scopes_user_dir_name (const PstHost *host, const char *path)
{
  const PstUserDir *dir = pst_host_user_dir (host, path);
  const char *title = dir ? pst_user_dir_title (dir->key) : NULL;
  const char *slash = strrchr (path, '/');

  if (title && slash && strcmp (slash + 1, title) == 0)
    return g_strdup (_ (title));
  return file_name (path);
}

static char *
label_of (const PstScopeFacts *facts, const PstOffer *offer, const PstOfferScope *scope)
{
  g_autofree char *name = NULL;

  if (offer->private_ok)
    return g_strdup (_ ("In your Home"));
  switch (scope->kind)
    {
    case PST_OFFER_USER_DIR:
      name = pst_scopes_user_dir_name (facts->host, scope->path);
      return g_strdup_printf (_ ("All of %s"), name);
    case PST_OFFER_ENTRY:
      if (strcmp (scope->path, facts->host->home) == 0)
        return g_strdup (_ ("All of your Home"));
      name = strcmp (scope->path, pst_host_gate_root (facts->host, scope->path)) == 0
                 ? pst_scopes_short_path (facts->host, scope->path)
                 : file_name (scope->path);
      return g_strdup_printf (_ ("All of %s"), name);
    case PST_OFFER_FOLDER:
      name = pst_scopes_short_path (facts->host, scope->path);
      return offer->is_protected ? g_strdup_printf (_ ("All of %s"), name) : g_strdup_printf (_ ("Only %s"), name);
    case PST_OFFER_FILE:
      name = file_name (scope->path);
      return g_strdup_printf (_ ("Only %s"), name);
    case PST_OFFER_SERVICE:
      break;
    }
  return g_strdup ("");
}

static char *
title_of_user_dir (const char *app, const char *name, PstAccess access)
{
  switch (access)
    {
    case PST_ACCESS_VIEW:
      return g_strdup_printf (_ ("Allow “%s” to view your %s?"), app, name);
    case PST_ACCESS_CHANGE:
      return g_strdup_printf (_ ("Allow “%s” to view and change your %s?"), app, name);
    case PST_ACCESS_SAVE:
      return g_strdup_printf (_ ("Allow “%s” to save files in your %s?"), app, name);
    default:
      break;
    }
  return g_strdup ("");
}

static char *
title_of_folder (const char *app, const char *name, PstAccess access)
{
  switch (access)
    {
    case PST_ACCESS_VIEW:
      return g_strdup_printf (_ ("Allow “%s” to view the folder “%s”?"), app, name);
    case PST_ACCESS_CHANGE:
      return g_strdup_printf (_ ("Allow “%s” to view and change the folder “%s”?"), app, name);
    case PST_ACCESS_SAVE:
      return g_strdup_printf (_ ("Allow “%s” to save files in the folder “%s”?"), app, name);
    default:
      break;
    }
  return g_strdup ("");
}

static char *
title_of_file (const char *app, const char *name, PstAccess access)
{
  switch (access)
    {
    case PST_ACCESS_VIEW:
      return g_strdup_printf (_ ("Allow “%s” to view “%s”?"), app, name);
    case PST_ACCESS_CHANGE:
      return g_strdup_printf (_ ("Allow “%s” to view and change “%s”?"), app, name);
    case PST_ACCESS_SAVE:
      return g_strdup_printf (_ ("Allow “%s” to save “%s”?"), app, name);
    default:
      break;
    }
  return g_strdup ("");
}

static char *
title_of (const PstScopeFacts *facts, const PstOffer *offer, const PstOfferScope *scope, PstAccess access)
{
  g_autofree char *app = pst_text_for_display (facts->app_name, MAX_NAME), *name = NULL;

  if (offer->private_ok)
    {
      name = file_name (scope->path);
      return g_strdup_printf (_ ("Allow “%s” to create “%s” in your Home?"), app, name);
    }
  switch (scope->kind)
    {
    case PST_OFFER_USER_DIR:
      name = pst_scopes_user_dir_name (facts->host, scope->path);
      return title_of_user_dir (app, name, access);
    case PST_OFFER_ENTRY:
      if (strcmp (scope->path, facts->host->home) == 0)
        return title_of_user_dir (app, _ ("Home"), access);
      name = pst_scopes_short_path (facts->host, scope->path);
      return title_of_folder (app, name, access);
    case PST_OFFER_FOLDER:
      name = pst_scopes_short_path (facts->host, scope->path);
      return title_of_folder (app, name, access);
    case PST_OFFER_FILE:
      name = offer->is_protected ? pst_scopes_short_path (facts->host, scope->path) : file_name (scope->path);
      return title_of_file (app, name, access);
    case PST_OFFER_SERVICE:
      break;
    }
  return g_strdup ("");
}

static char *
intent_of (const PstScopeFacts *facts, const PstOffer *offer)
{
  gsize base = strlen (offer->base);
  g_autofree char *name = NULL;

  if (pst_path_is_below_or_equal (facts->target, offer->base) && facts->target[base] == '/')
    name = pst_text_for_display (facts->target + base + 1, MAX_NAME);
  else
    name = pst_scopes_short_path (facts->host, facts->target);
  switch (facts->intent)
    {
    case PST_INTENT_UNKNOWN:
      return g_strdup ("");
    case PST_INTENT_LOOK:
      return g_strdup_printf (_ ("It looked for %s."), name);
    case PST_INTENT_READ:
      return g_strdup_printf (_ ("It tried to open %s."), name);
    case PST_INTENT_LIST:
      return g_strdup_printf (_ ("It tried to list %s."), name);
    case PST_INTENT_WRITE:
      return g_strdup_printf (_ ("It tried to change %s."), name);
    case PST_INTENT_CREATE:
      return facts->target_exists ? g_strdup_printf (_ ("It tried to write %s."), name)
                                  : g_strdup_printf (_ ("It tried to create %s."), name);
    case PST_INTENT_MKDIR:
      return g_strdup_printf (_ ("It tried to make the folder %s."), name);
    case PST_INTENT_REMOVE:
      return g_strdup_printf (_ ("It tried to delete %s."), name);
    case PST_INTENT_RENAME:
      return g_strdup_printf (_ ("It tried to rename %s."), name);
    case PST_INTENT_LINK:
      return g_strdup_printf (_ ("It tried to make a link to %s."), name);
    }
  return g_strdup ("");
}

static void
add_access (PstOffer *offer, PstAccess access, const char *label)
{
  offer->accesses[offer->n_accesses++] = (PstOfferAccess){ access, label };
}

static void
choose_accesses (PstOffer *offer, const PstScopeFacts *facts)
{
  gboolean needs_change = facts->wanted != PST_ACCESS_VIEW;

  offer->n_accesses = 0;
  if (!facts->view_allowed && !offer->private_ok)
    add_access (offer, PST_ACCESS_VIEW, _ ("View"));
  add_access (offer, PST_ACCESS_CHANGE, _ ("View and change"));
  offer->access = needs_change || facts->suggested == PST_ACCESS_CHANGE ? offer->n_accesses - 1 : 0;
  if (facts->creating && !facts->target_exists && !facts->view_allowed && !offer->private_ok)
    add_access (offer, PST_ACCESS_SAVE, _ ("Save only"));
}

/* A link, other than that a whole folder like Pictures is kept in another place, which is how the person arranged it. */
static gboolean
leads_elsewhere (const PstScopeFacts *facts, const PstOffer *offer)
{
  const PstOfferScope *widest = offer->scopes->pdata[0], *narrowest = offer->scopes->pdata[offer->scopes->len - 1];
  const PstUserDir *dir;

  if (!narrowest->real || strcmp (narrowest->real, narrowest->path) == 0)
    return FALSE;
  dir = pst_host_user_dir (facts->host, narrowest->path);
  if (dir && widest->real && strcmp (widest->path, dir->path) == 0)
    {
      g_autofree char *expected = g_strconcat (widest->real, narrowest->path + strlen (widest->path), NULL);

      return strcmp (expected, narrowest->real) != 0;
    }
  return TRUE;
}

void
pst_scopes_word (PstOffer *offer, const PstScopeFacts *facts)
{
  g_autoptr (GPtrArray) titles = g_ptr_array_new ();
  g_autofree char *full = pst_text_for_display (facts->target, MAX_FULL);
  const PstOfferScope *narrowest;

  g_return_if_fail (offer->scopes->len > 0);
  offer->scope = MIN (offer->scope, offer->scopes->len - 1);
  choose_accesses (offer, facts);
  for (guint i = 0; i < offer->scopes->len; i++)
    {
      PstOfferScope *scope = offer->scopes->pdata[i];

      g_free (scope->label);
      scope->label = label_of (facts, offer, scope);
      for (guint k = 0; k < offer->n_accesses; k++)
        g_ptr_array_add (titles, title_of (facts, offer, scope, offer->accesses[k].access));
    }
  g_ptr_array_add (titles, NULL);
  g_strfreev (offer->titles);
  offer->titles = (GStrv)g_ptr_array_free (g_steal_pointer (&titles), FALSE);

  g_free (offer->intent);
  offer->intent = intent_of (facts, offer);
  narrowest = offer->scopes->pdata[offer->scopes->len - 1];
  g_free (offer->resource);
  if (narrowest->real && strcmp (narrowest->real, narrowest->path) != 0)
    {
      g_autofree char *real = pst_text_for_display (narrowest->real, MAX_FULL);

      offer->resource = g_strdup_printf ("%s → %s", full, real);
    }
  else
    offer->resource = g_steal_pointer (&full);
  g_free (offer->warning);
  offer->warning = g_strdup (
      offer->is_protected
          ? _ ("This holds keys, passwords, or settings that other programs obey. Few applications need it: if you did "
               "not expect this question, deny.")
          : "");
  if (leads_elsewhere (facts, offer))
    {
      g_autofree char *real = pst_text_for_display (narrowest->real, MAX_LINK), *other = offer->warning;
      g_autofree char *link = g_strdup_printf (_ ("This is a link, which leads to %s."), real);

      offer->warning = *other ? g_strconcat (link, " ", other, NULL) : g_steal_pointer (&link);
    }
}

const char *
pst_offer_title (const PstOffer *offer, guint scope, guint access)
{
  return offer->titles[scope * offer->n_accesses + access];
}

const char *
pst_offer_line (const PstOffer *offer)
{
  return pst_offer_title (offer, offer->scope, offer->access);
}
