/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "scopes.h"

#include <string.h>

static PstUserDir pictures = { (char *)"PICTURES", (char *)"/home/u/Pictures" },
                  bilder = { (char *)"DOCUMENTS", (char *)"/home/u/Akten" };
static char *roots[] = { (char *)"/home/u", (char *)"/media", (char *)"/mnt", NULL };
static PstHost host = { .home = (char *)"/home/u", .user = (char *)"u", .gate_roots = roots };

static PstScopeFacts
facts (const char *path, const char *target)
{
  return (PstScopeFacts){ .host = &host,
                          .app_name = "App",
                          .path = path,
                          .target = target,
                          .target_exists = TRUE,
                          .intent = PST_INTENT_READ,
                          .wanted = PST_ACCESS_VIEW };
}

static PstOffer *
offer_for (const PstScopeFacts *f)
{
  PstOffer *offer = pst_scopes_candidates (f);

  pst_scopes_word (offer, f);
  return offer;
}

/* "label|label|…", the preselected one with a star */
static void
check_labels (const PstOffer *offer, const char *expected)
{
  g_autoptr (GString) text = g_string_new (NULL);

  for (guint i = 0; i < offer->scopes->len; i++)
    g_string_append_printf (text, "%s%s%s", i ? "|" : "", i == offer->scope ? "*" : "",
                            ((PstOfferScope *)offer->scopes->pdata[i])->label);
  g_assert_cmpstr (text->str, ==, expected);
}

static void
test_picture (void)
{
  PstScopeFacts f = facts ("/home/u/Pictures/2026", "/home/u/Pictures/2026/holiday.jpg");
  g_autoptr (PstOffer) offer = offer_for (&f);

  check_labels (offer, "*All of Pictures|Only Pictures/2026|Only holiday.jpg");
  g_assert_cmpstr (pst_offer_title (offer, 0, 0), ==, "Allow “App” to view your Pictures?");
  g_assert_cmpstr (pst_offer_title (offer, 0, 1), ==, "Allow “App” to view and change your Pictures?");
  g_assert_cmpstr (pst_offer_title (offer, 1, 0), ==, "Allow “App” to view the folder “Pictures/2026”?");
  g_assert_cmpstr (pst_offer_title (offer, 2, 0), ==, "Allow “App” to view “holiday.jpg”?");
  g_assert_cmpstr (offer->intent, ==, "It tried to open 2026/holiday.jpg.");
  g_assert_cmpstr (offer->base, ==, "/home/u/Pictures");
  g_assert_cmpuint (offer->n_accesses, ==, 2);
  g_assert_cmpuint (offer->access, ==, 0);
}

static void
test_folder_itself (void)
{
  PstScopeFacts f = facts ("/home/u/Pictures", "/home/u/Pictures");
  g_autoptr (PstOffer) offer = NULL;

  f.target_is_dir = TRUE;
  f.intent = PST_INTENT_LIST;
  offer = offer_for (&f);
  check_labels (offer, "*All of Pictures");
}

static void
test_localised (void)
{
  PstScopeFacts f = facts ("/home/u/Akten/x", "/home/u/Akten/x");
  g_autoptr (PstOffer) offer = offer_for (&f);

  check_labels (offer, "*All of Akten|Only x");
}

static void
test_create (void)
{
  PstScopeFacts f = facts ("/home/u/Pictures/new.jpg", "/home/u/Pictures/new.jpg");
  g_autoptr (PstOffer) offer = NULL;

  f.target_exists = FALSE;
  f.creating = TRUE;
  f.intent = PST_INTENT_CREATE;
  f.wanted = PST_ACCESS_CHANGE;
  offer = offer_for (&f);
  check_labels (offer, "*All of Pictures|Only new.jpg");
  g_assert_cmpuint (offer->n_accesses, ==, 3);
  g_assert_cmpint (offer->accesses[offer->access].access, ==, PST_ACCESS_CHANGE);
  g_assert_cmpstr (pst_offer_title (offer, 0, 2), ==, "Allow “App” to save files in your Pictures?");
  g_assert_cmpstr (offer->intent, ==, "It tried to create new.jpg.");
  g_assert_false (offer->private_ok);
}

static void
test_create_in_home (void)
{
  PstScopeFacts f = facts ("/home/u/new", "/home/u/new");
  g_autoptr (PstOffer) offer = NULL;

  f.target_exists = FALSE;
  f.creating = TRUE;
  f.intent = PST_INTENT_MKDIR;
  f.wanted = PST_ACCESS_CHANGE;
  offer = offer_for (&f);
  check_labels (offer, "*In your Home");
  g_assert_true (offer->private_ok);
  g_assert_cmpuint (offer->n_accesses, ==, 1);
  g_assert_cmpint (offer->accesses[0].access, ==, PST_ACCESS_CHANGE);
  g_assert_cmpint (((PstOfferScope *)offer->scopes->pdata[0])->scope, ==, PST_SCOPE_TREE);
}

static void
test_other_places (void)
{
  PstScopeFacts project = facts ("/home/u/Projects/p/src", "/home/u/Projects/p/src/a.c"),
                stick = facts ("/media/u/STICK", "/media/u/STICK/a/b");
  PstScopeFacts file = facts ("/home/u/notes.txt", "/home/u/notes.txt");
  g_autoptr (PstOffer) in_project = NULL, on_stick = offer_for (&stick), a_file = offer_for (&file);

  project.launch_dir = "/home/u/Projects/p";
  in_project = offer_for (&project);
  check_labels (in_project, "All of Projects|*Only Projects/p|Only Projects/p/src|Only a.c");
  check_labels (on_stick, "*All of STICK|Only /media/u/STICK/a|Only b");
  check_labels (a_file, "*Only notes.txt");
}

static void
test_protected (void)
{
  PstScopeFacts f = facts ("/home/u/.ssh/id_rsa", "/home/u/.ssh/id_rsa");
  g_autoptr (PstOffer) offer = NULL;

  f.protected_by = "/home/u/.ssh";
  offer = offer_for (&f);
  check_labels (offer, "All of .ssh|*Only id_rsa");
  g_assert_cmpstr (pst_offer_line (offer), ==, "Allow “App” to view “.ssh/id_rsa”?");
  g_assert_cmpstr (offer->warning, !=, "");
}

static void
test_suggested (void)
{
  PstScopeFacts f = facts ("/home/u/Pictures/a", "/home/u/Pictures/a");
  g_autoptr (PstOffer) change = NULL, needed = NULL, again = NULL;

  f.suggested = PST_ACCESS_CHANGE;
  change = offer_for (&f);
  g_assert_cmpint (change->accesses[change->access].access, ==, PST_ACCESS_CHANGE);
  /* What is needed comes before what is suggested. */
  f.suggested = PST_ACCESS_VIEW;
  f.wanted = PST_ACCESS_CHANGE;
  f.intent = PST_INTENT_WRITE;
  needed = offer_for (&f);
  g_assert_cmpint (needed->accesses[needed->access].access, ==, PST_ACCESS_CHANGE);
  f.view_allowed = TRUE;
  again = offer_for (&f);
  g_assert_cmpuint (again->n_accesses, ==, 1);
}

/* Names are an application's to choose: what a person sees holds no markup, line ends, or direction changes of its own. */
static void
test_hostile_names (void)
{
  PstScopeFacts f =
      facts ("/home/u/Pictures/a\n\x1b[2J\xe2\x80\xae<b>gpj.exe", "/home/u/Pictures/a\n\x1b[2J\xe2\x80\xae<b>gpj.exe");
  g_autoptr (PstOffer) offer = NULL;
  const char *const *title;

  f.app_name = "Evil\n<big>App\xe2\x80\xae";
  offer = offer_for (&f);
  for (title = (const char *const *)offer->titles; *title; title++)
    {
      g_assert_true (g_utf8_validate (*title, -1, NULL));
      g_assert_null (strpbrk (*title, "\n\x1b"));
      g_assert_null (strstr (*title, "\xe2\x80\xae"));
    }
  g_assert_null (strpbrk (offer->intent, "\n\x1b"));
  g_assert_null (strpbrk (offer->resource, "\n\x1b"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  host.user_dirs = g_ptr_array_new ();
  g_ptr_array_add (host.user_dirs, &pictures);
  g_ptr_array_add (host.user_dirs, &bilder);
  g_test_add_func ("/scopes/picture", test_picture);
  g_test_add_func ("/scopes/folder-itself", test_folder_itself);
  g_test_add_func ("/scopes/localised", test_localised);
  g_test_add_func ("/scopes/create", test_create);
  g_test_add_func ("/scopes/create-in-home", test_create_in_home);
  g_test_add_func ("/scopes/other-places", test_other_places);
  g_test_add_func ("/scopes/protected", test_protected);
  g_test_add_func ("/scopes/suggested", test_suggested);
  g_test_add_func ("/scopes/hostile-names", test_hostile_names);
  return g_test_run ();
}
