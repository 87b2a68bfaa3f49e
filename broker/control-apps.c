/* SPDX-License-Identifier: GPL-3.0-or-later */
/* An application as a whole: what is known of it, and its switches. */
#include "control.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "sandbox-table.h"

static gboolean
is_directory (const char *path)
{
  struct stat st;

  return lstat (path, &st) == 0 && S_ISDIR (st.st_mode);
}

static void
add_text (GVariantBuilder *dict, const char *key, const char *text)
{
  g_autofree char *valid = pst_control_text (text);

  g_variant_builder_add (dict, "{sv}", key, g_variant_new_string (valid));
}

void
pst_control_get_app (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autofree char *app = NULL, *home = NULL;
  g_autoptr (PstAppInfo) info = NULL;
  g_autoptr (GPtrArray) rules = NULL, sandboxes = NULL;
  const PstStoredApp *stored;
  const PstProfile *profile;
  const char *file;
  GVariantBuilder dict;

  g_variant_get (call->args, "(&s)", &word);
  if (!(app = pst_control_take_app (call, word)))
    return;
  stored = pst_store_get_app (broker->store, app);
  if (!stored || !*stored->executable)
    info = pst_identity_for_word (broker->identity, app);
  rules = pst_store_list_rules (broker->store, app);
  sandboxes = pst_sandbox_list (broker, app);
  pst_profiles_refresh (broker->profiles);
  profile = sandboxes->len > 0 ? ((PstSandbox *)sandboxes->pdata[0])->profile
                               : pst_profiles_peek (broker->profiles, app,
                                                    info     ? info->executable
                                                    : stored ? stored->executable
                                                             : "");
  file = profile ? pst_profile_get_file (profile) : NULL;
  home = g_build_filename (broker->state_dir, "homes", app, NULL);

  g_variant_builder_init (&dict, G_VARIANT_TYPE_VARDICT);
  add_text (&dict, "id", app);
  add_text (&dict, "name", info ? info->name : stored ? stored->name : app);
  add_text (&dict, "icon", info ? info->icon : stored ? stored->icon : "");
  add_text (&dict, "executable", info ? info->executable : stored ? stored->executable : "");
  add_text (&dict, "package", stored && stored->package ? stored->package : "");
  g_variant_builder_add (&dict, "{sv}", "home", g_variant_new_bytestring (home));
  g_variant_builder_add (&dict, "{sv}", "has_home", g_variant_new_boolean (is_directory (home)));
  g_variant_builder_add (&dict, "{sv}", "running", g_variant_new_boolean (sandboxes->len > 0));
  g_variant_builder_add (&dict, "{sv}", "locked", g_variant_new_boolean (stored && stored->locked));
  g_variant_builder_add (&dict, "{sv}", "strict", g_variant_new_boolean (stored && stored->strict));
  g_variant_builder_add (&dict, "{sv}", "locked_by_administrator",
                         g_variant_new_boolean (pst_admin_policy_app (broker->policy, app).locked));
  g_variant_builder_add (&dict, "{sv}", "profile", g_variant_new_bytestring (file ? file : ""));
  g_variant_builder_add (&dict, "{sv}", "used", g_variant_new_int64 (stored ? stored->used : 0));
  g_variant_builder_add (&dict, "{sv}", "sheet", g_variant_new_int64 (stored ? stored->sheet : 0));
  g_variant_builder_add (&dict, "{sv}", "grants", g_variant_new_uint32 (rules->len));
  pst_control_reply (call, g_variant_new ("(a{sv})", &dict));
}

static GVariant *
switched (PstControlChange *change)
{
  return g_variant_new ("(t)", change->undo);
}

static void
tell_switch (PstStoreChange *change, const char *app, gboolean before, gboolean now, const char *on, const char *off)
{
  if (before != now)
    pst_store_change_take_event (change, pst_event_new ("changed", app, 0, NULL, now ? on : off));
}

/* FALSE: @call has been answered. */
static gboolean
read_switches (PstControlCall *call, GVariant *changes, gboolean *locked, gboolean *strict)
{
  GVariantIter iter;
  const char *key;
  GVariant *value;

  g_variant_iter_init (&iter, changes);
  while (g_variant_iter_next (&iter, "{&sv}", &key, &value))
    {
      gboolean *target = strcmp (key, "locked") == 0 ? locked : strcmp (key, "strict") == 0 ? strict : NULL;
      gboolean is_switch = g_variant_is_of_type (value, G_VARIANT_TYPE_BOOLEAN),
               on = is_switch && g_variant_get_boolean (value);

      g_variant_unref (value);
      if (!target || !is_switch)
        {
          pst_control_fail (call, _ ("Only “locked” and “strict” of an application can be switched on and off."));
          return FALSE;
        }
      *target = on;
    }
  return TRUE;
}

void
pst_control_set_app (PstControlCall *call)
{
  PstBroker *broker = call->broker;
  const char *word;
  g_autofree char *app = NULL;
  g_autoptr (GVariant) changes = NULL;
  g_autoptr (PstStoreChange) change = pst_store_change_new (broker->store);
  g_autoptr (GError) error = NULL;
  const PstStoredApp *stored;
  PstControlChange *out;
  gboolean had_locked, had_strict, locked, strict;

  g_variant_get (call->args, "(&s@a{sv})", &word, &changes);
  if (!(app = pst_control_take_app (call, word)))
    return;
  stored = pst_store_get_app (broker->store, app);
  had_locked = locked = stored && stored->locked;
  had_strict = strict = stored && stored->strict;
  if (!read_switches (call, changes, &locked, &strict))
    return;
  pst_store_change_set_app (change, app, locked, strict, stored ? stored->sheet : 0);
  tell_switch (change, app, had_locked, locked, _ ("from now on nothing is asked: what is not allowed is refused"),
               _ ("from now on you are asked again"));
  tell_switch (change, app, had_strict, strict, _ ("strict from its next start: revoking cuts open files"),
               _ ("not strict any more from its next start"));
  out = pst_control_change_new (call, switched);
  out->undo = pst_undo_apply (broker->undo, broker->store, g_steal_pointer (&change), &error);
  if (!out->undo)
    {
      pst_control_change_fail (out, error->message);
      return;
    }
  pst_control_change_add_app (out, app);
  pst_control_change_push (out);
}
