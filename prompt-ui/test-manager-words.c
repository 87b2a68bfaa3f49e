/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The pure parts of the manager: what is said, found, grouped and exported. */

#include "postern-ipc.h"
#include "pst-manager-dialogs.h"
#include "pst-manager-groups.h"
#include "pst-user-dirs.h"

#include <locale.h>
#include <string.h>

#define HOME "/home/jane"
/* 24 November 2026, 12:00 UTC */
#define NOW G_GINT64_CONSTANT (1795521600)
#define DAY G_GINT64_CONSTANT (86400)

static PstPlaces *
places_new (void)
{
  static const char catalogue[] =
      "[session org.freedesktop.secrets]\nTitle=passwords and keys\nIcon=dialog-password\nRisk=It could.\n"
      "Verdict=ask\n";
  PstServices *services = pst_services_new ();
  g_autoptr (GError) error = NULL;

  pst_services_add (services, catalogue, strlen (catalogue), "test", &error);
  g_assert_no_error (error);
  g_assert_true (pst_services_seal (services, &error));
  return pst_places_new (HOME, pst_user_dirs_parse ("XDG_MUSIC_DIR=\"$HOME/Klang\"\n", HOME), services);
}

static void
test_places (void)
{
  static const char *const cases[][2] = {
    { HOME "/Pictures/2026", "~/Pictures/2026" },
    { HOME, "~" },
    { HOME "x/Pictures", HOME "x/Pictures" },
    { "/media/jane/STICK", "/media/jane/STICK" },
    { HOME "/a\xE2\x80\xAEgpj.exe", "~/a\\u{202E}gpj.exe" },
  };
  g_autoptr (PstPlaces) places = places_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *place = pst_words_place (places, PST_KIND_FILES, cases[i][0]);

      g_assert_cmpstr (place, ==, cases[i][1]);
    }
}

static void
test_resources (void)
{
  static const struct
  {
    PstKind kind;
    const char *resource, *title;
  } cases[] = {
    { PST_KIND_FILES, HOME "/Pictures", "Pictures" },
    { PST_KIND_FILES, HOME "/Pictures/2026", "Pictures/2026" },
    { PST_KIND_FILES, HOME "/Klang", "Klang" },
    { PST_KIND_FILES, HOME, "Home" },
    { PST_KIND_FILES, HOME "/Projects", "Projects" },
    { PST_KIND_FILES, "/media/jane/STICK", "/media/jane/STICK" },
    { PST_KIND_FILES, "/", "Everything on this computer" },
    { PST_KIND_BUS, "session:org.freedesktop.secrets", "Passwords and keys" },
    { PST_KIND_BUS, "session:org.example.Thing", "The service “org.example.Thing”" },
    /* nothing of it is markup, moves the line, or passes for something else */
    { PST_KIND_FILES, HOME "/<b>x</b>\n", "<b>x</b>\\x0A" },
    { PST_KIND_FILES, HOME "/a\xE2\x80\xAEgpj.exe", "a\\u{202E}gpj.exe" },
    { PST_KIND_FILES, HOME "/\xFF\xFE", "\\xFF\\xFE" },
    /* no service, whatever its kind says */
    { PST_KIND_BUS, "nonsense", "nonsense" },
  };
  g_autoptr (PstPlaces) places = places_new ();

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *title = pst_words_resource (places, cases[i].kind, cases[i].resource);

      g_assert_cmpstr (title, ==, cases[i].title);
      g_assert_nonnull (pst_words_icon (places, cases[i].kind, cases[i].resource, PST_SCOPE_TREE));
    }
}

static void
assert_taken (char *text_take, const char *expected)
{
  g_autofree char *text = text_take;

  g_assert_cmpstr (text, ==, expected);
}

static void
test_times (void)
{
  assert_taken (pst_words_when (0, NOW), "never");
  assert_taken (pst_words_when (NOW - 3600, NOW), "today at 11:00");
  assert_taken (pst_words_when (NOW - DAY, NOW), "yesterday at 12:00");
  assert_taken (pst_words_when (NOW - 3 * DAY, NOW), "21 November");
  assert_taken (pst_words_when (NOW - 400 * DAY, NOW), "20 October 2025");
  assert_taken (pst_words_stamp (NOW - 60, NOW), "11:59:00");
  assert_taken (pst_words_stamp (NOW - 3 * DAY, NOW), "21 Nov, 12:00");
  assert_taken (pst_words_lifetime (PST_LIFETIME_ALWAYS, 0, NOW), "Always");
  assert_taken (pst_words_lifetime (PST_LIFETIME_ONCE, 0, NOW), "Until it is closed");
  assert_taken (pst_words_lifetime (PST_LIFETIME_SESSION, 0, NOW), "Until you log out");
  assert_taken (pst_words_lifetime (PST_LIFETIME_UNTIL, NOW + 3600, NOW), "Until 13:00 today");
  assert_taken (pst_words_lifetime (PST_LIFETIME_UNTIL, NOW + DAY, NOW), "Until 12:00 tomorrow");
  assert_taken (pst_words_lifetime (PST_LIFETIME_UNTIL, NOW + 30 * DAY, NOW), "Until 24 December");
  assert_taken (pst_words_lifetime (PST_LIFETIME_UNTIL, NOW + 60 * DAY, NOW), "Until 23 January 2027");
  /* times that no calendar has */
  assert_taken (pst_words_lifetime (PST_LIFETIME_UNTIL, G_MAXINT64, NOW), "Always");
  assert_taken (pst_words_when (G_MAXINT64, NOW), "never");
  assert_taken (pst_words_capital ("today at 11:00"), "Today at 11:00");
  assert_taken (pst_words_capital ("över"), "Över");
  assert_taken (pst_words_capital ("24 November"), "24 November");
  assert_taken (pst_words_capital (""), "");
  g_assert_cmpint (pst_end_of_day (2026, 11, 24), ==, NOW + 12 * 3600 - 1);
  g_assert_cmpint (pst_end_of_day (2026, 2, 30), ==, 0);
}

static void
test_events (void)
{
  g_autoptr (PstPlaces) places = places_new ();

  assert_taken (pst_words_event (places, "asked", HOME "/Pictures", PST_ACCESS_VIEW, 0, 0, ""), "Asked to view Pictures");
  assert_taken (pst_words_event (places, "refused", HOME "/Pictures", PST_ACCESS_CHANGE, 0, 0, ""),
                "Was refused to change Pictures");
  assert_taken (
      pst_words_event (places, "answered", "session:org.freedesktop.secrets", PST_ACCESS_TALK, PST_ANSWER_ALLOW, 0, ""),
      "Was allowed to use Passwords and keys");
  assert_taken (pst_words_event (places, "revoked", "", 0, 0, 0, ""), "All permissions were taken back");
  assert_taken (pst_words_event (places, "started", "", 0, 0, 0, ""), "Started");
  /* a word that is not known yet, and a percent sign */
  assert_taken (pst_words_event (places, "flown", "", 0, 0, 0, "100 %s"), "100 %s");
  assert_taken (pst_words_event (places, "asked", HOME "/%s%n", PST_ACCESS_VIEW, 0, 0, ""), "Asked to view %s%n");
}

static PstEntry *
entry_new (const PstPlaces *places, guint64 id, const char *app, PstKind kind, const char *resource, PstScope scope,
           PstAnswer answer, PstTier tier)
{
  GVariantBuilder builder;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GPtrArray) entries = NULL;

  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tsuayuuuuxuxxusuu)"));
  g_variant_builder_add (&builder, "(tsu^ayuuuuxuxxusuu)", id, app, (guint32)kind, resource, (guint32)scope, PST_ACCESS_VIEW,
                         (guint32)answer, PST_LIFETIME_ALWAYS, (gint64)0, (guint32)tier, (gint64)1, (gint64)2,
                         PST_ORIGIN_COMMAND, "", (guint32)answer, 0u);
  reply = g_variant_ref_sink (g_variant_new ("(a(tsuayuuuuxuxxusuu))", &builder));
  entries = pst_entries_parse (places, reply);
  g_assert_cmpuint (entries->len, ==, 1);
  return pst_entry_ref (g_ptr_array_index (entries, 0));
}

static PstApp *
app_new (const char *id, const char *name)
{
  PstApp *app = g_new0 (PstApp, 1);

  app->id = g_strdup (id);
  app->name = g_strdup (name);
  app->key = pst_words_search_key (name);
  app->entries = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_entry_unref);
  return app;
}

static void
app_free (gpointer data)
{
  PstApp *app = data;

  g_free (app->id);
  g_free (app->name);
  g_free (app->key);
  g_ptr_array_unref (app->entries);
  g_free (app);
}

static GPtrArray *
apps_new (const PstPlaces *places)
{
  GPtrArray *apps = g_ptr_array_new_with_free_func (app_free);
  PstApp *viewer = app_new ("viewer", "Bildbetrachter"), *mail = app_new ("mail", "Mail");

  g_ptr_array_add (apps, viewer);
  g_ptr_array_add (apps, mail);
  g_ptr_array_add (viewer->entries, entry_new (places, 1, "viewer", PST_KIND_FILES, HOME "/Pictures", PST_SCOPE_TREE,
                                               PST_ANSWER_ALLOW, PST_TIER_USER));
  g_ptr_array_add (viewer->entries, entry_new (places, 2, "viewer", PST_KIND_FILES, HOME "/Pictures/2026", PST_SCOPE_TREE,
                                               PST_ANSWER_DENY, PST_TIER_USER));
  g_ptr_array_add (mail->entries,
                   entry_new (places, 3, "mail", PST_KIND_FILES, HOME, PST_SCOPE_TREE, PST_ANSWER_ALLOW, PST_TIER_USER));
  g_ptr_array_add (mail->entries, entry_new (places, 4, "mail", PST_KIND_BUS, "session:org.freedesktop.secrets", PST_SCOPE_FILE,
                                             PST_ANSWER_ALLOW, PST_TIER_USER));
  g_ptr_array_add (mail->entries, entry_new (places, 5, "mail", PST_KIND_FILES, HOME "/PicturesOld/x", PST_SCOPE_FILE,
                                             PST_ANSWER_ALLOW, PST_TIER_LOCK));
  return apps;
}

static const PstGroup *
group_at (const GPtrArray *groups, const char *resource)
{
  for (guint i = 0; i < groups->len; i++)
    if (g_str_equal (((PstGroup *)g_ptr_array_index (groups, i))->resource, resource))
      return g_ptr_array_index (groups, i);
  g_error ("There is no group %s", resource);
}

static void
test_groups (void)
{
  g_autoptr (PstPlaces) places = places_new ();
  g_autoptr (GPtrArray) apps = apps_new (places), groups = pst_groups_build (places, apps);
  const PstGroup *pictures = group_at (groups, HOME "/Pictures");
  g_autoptr (GPtrArray) whole = pst_group_whole (groups, pictures), parts = pst_group_parts (pictures);

  g_assert_cmpuint (groups->len, ==, 4);
  /* a rule for the whole home is one for Pictures; what only begins alike is not */
  g_assert_cmpuint (whole->len, ==, 2);
  g_assert_cmpuint (parts->len, ==, 1);
  g_assert_cmpuint (((PstEntry *)g_ptr_array_index (parts, 0))->id, ==, 2);
  g_assert_cmpuint (pictures->n_apps, ==, 1);
  g_assert_cmpstr (((PstGroup *)g_ptr_array_index (groups, 0))->resource, ==, HOME);
  g_assert_cmpstr (((PstGroup *)g_ptr_array_index (groups, 3))->title, ==, "Passwords and keys");
  g_assert_cmpuint (group_at (groups, HOME "/PicturesOld")->n_apps, ==, 1);
}

static void
test_search (void)
{
  static const struct
  {
    const char *text;
    guint n_apps, n_groups;
  } cases[] = {
    { "", 2, 4 },        { "BILD", 1, 0 },     { "2026", 1, 1 },    { "passwords", 1, 1 },
    { "secrets", 1, 1 }, { "pictures", 2, 2 }, { "no such", 0, 0 }, { "%", 0, 0 },
  };
  g_autoptr (PstPlaces) places = places_new ();
  g_autoptr (GPtrArray) apps = apps_new (places), groups = pst_groups_build (places, apps);

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *needle = pst_words_search_key (cases[i].text);
      g_autoptr (GPtrArray) found_apps = pst_filter_apps (apps, needle), found_groups = pst_filter_groups (groups, needle);

      g_test_message ("%s", cases[i].text);
      g_assert_cmpuint (found_apps->len, ==, cases[i].n_apps);
      g_assert_cmpuint (found_groups->len, ==, cases[i].n_groups);
    }
}

/* What is not a resource is left out; what is changed is another entry. */
static void
test_entries (void)
{
  g_autoptr (PstPlaces) places = places_new ();
  g_autoptr (PstEntry) a =
      entry_new (places, 1, "x", PST_KIND_FILES, HOME "/b", PST_SCOPE_TREE, PST_ANSWER_ALLOW, PST_TIER_USER);
  g_autoptr (PstEntry) same =
      entry_new (places, 1, "x", PST_KIND_FILES, HOME "/b", PST_SCOPE_TREE, PST_ANSWER_ALLOW, PST_TIER_USER);
  g_autoptr (PstEntry) denied =
      entry_new (places, 1, "x", PST_KIND_FILES, HOME "/b", PST_SCOPE_TREE, PST_ANSWER_DENY, PST_TIER_USER);
  g_autoptr (PstEntry) locked =
      entry_new (places, 0, "x", PST_KIND_FILES, HOME "/b", PST_SCOPE_TREE, PST_ANSWER_DENY, PST_TIER_LOCK);
  GVariantBuilder builder;
  g_autoptr (GVariant) reply = NULL;
  g_autoptr (GPtrArray) none = NULL;

  g_assert_true (pst_entry_same (a, same));
  g_assert_false (pst_entry_same (a, denied));
  g_assert_true (pst_entry_is_own (a));
  g_assert_false (pst_entry_is_own (locked));
  g_variant_builder_init (&builder, G_VARIANT_TYPE ("a(tsuayuuuuxuxxusuu)"));
  g_variant_builder_add (&builder, "(tsu@ayuuuuxuxxusuu)", (guint64)1, "x", 1u,
                         g_variant_new_array (G_VARIANT_TYPE_BYTE, NULL, 0), 1u, 1u, 1u, 1u, (gint64)0, 2u, (gint64)0,
                         (gint64)0, 0u, "", 1u, 0u);
  g_variant_builder_add (&builder, "(tsu@ayuuuuxuxxusuu)", (guint64)1, "x", 1u,
                         g_variant_new_fixed_array (G_VARIANT_TYPE_BYTE, "/a\0b", 5, 1), 1u, 1u, 1u, 1u, (gint64)0, 2u,
                         (gint64)0, (gint64)0, 0u, "", 1u, 0u);
  reply = g_variant_ref_sink (g_variant_new ("(a(tsuayuuuuxuxxusuu))", &builder));
  none = pst_entries_parse (places, reply);
  g_assert_cmpuint (none->len, ==, 0);
}

static void
test_parts (void)
{
  g_assert_true (pst_is_part_of (HOME "/Pictures/2026", HOME "/Pictures"));
  g_assert_false (pst_is_part_of (HOME "/Pictures", HOME "/Pictures"));
  g_assert_false (pst_is_part_of (HOME "/PicturesOld", HOME "/Pictures"));
  g_assert_false (pst_is_part_of (HOME, HOME "/Pictures"));
  g_assert_false (pst_is_part_of (NULL, HOME));
}

int
main (int argc, char **argv)
{
  g_setenv ("TZ", "UTC", TRUE);
  g_unsetenv ("LANGUAGE");
  setlocale (LC_ALL, "C.UTF-8");
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/manager/resources", test_resources);
  g_test_add_func ("/manager/places", test_places);
  g_test_add_func ("/manager/times", test_times);
  g_test_add_func ("/manager/events", test_events);
  g_test_add_func ("/manager/groups", test_groups);
  g_test_add_func ("/manager/search", test_search);
  g_test_add_func ("/manager/entries", test_entries);
  g_test_add_func ("/manager/parts", test_parts);
  return g_test_run ();
}
