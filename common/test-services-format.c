/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The format of the catalogue: what goes before what, and every error. */
#include "test-services-ask.h"

#include <string.h>

#include "pst-programs.h"

static PstServices *
parse (const char *text, GError **error)
{
  g_autoptr (PstServices) services = pst_services_new ();

  if (!pst_services_add (services, text, strlen (text), "test.conf", error) || !pst_services_seal (services, error))
    return NULL;
  return g_steal_pointer (&services);
}

#define ENTRY(heading, verdict) "[" heading "]\nTitle=T\nIcon=i\nRisk=R.\nVerdict=" verdict "\n"

static void
test_precedence (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (PstServices) services = parse (
      ENTRY ("session a.b.c.*", "never") ENTRY ("session a.b.c.d.*", "quiet")
          ENTRY ("session a.b.c.d.e", "ask") "Quiet=i.f.*;\nAsk=i.f.M;\nNever=i.f.N;j.g.*\n" ENTRY (
              "session system x.y", "quiet") "Ask=i.f.M\n" ENTRY ("session system x.y : more",
                                                                  "never") "Messages=i.f.M;k.l.*\nWhen=actions\n"
                                                                           "[module m]\nTitle=M\nsession "
                                                                           "a.b.c.d.e=quiet\nsession a.b.c.d.e i.f.*=ask\n"
                                                                           "[module n]\nTitle=N\nsession a.b.c.d.e=ask\n",
      &error);
  static const char *const m[] = { "m", NULL }, *const mn[] = { "m", "n", NULL };

  g_assert_no_error (error);
  check (services, "session a.b.c", PST_SERVICE_NEVER, NULL);
  check (services, "session a.b.c.x.y.z", PST_SERVICE_NEVER, NULL);
  check (services, "session a.b.cc", PST_SERVICE_ASK, NULL);
  g_assert_null (ask (services, NULL, "session a.b.cc", 0).entry);
  check (services, "session a.b.c.d", PST_SERVICE_QUIET, NULL);
  check (services, "session a.b.c.d.f", PST_SERVICE_QUIET, NULL);
  check (services, "session a.b.c.d.e.f", PST_SERVICE_QUIET, NULL);
  check (services, "session a.b.c.d.e", PST_SERVICE_ASK, NULL);
  check (services, "session a.b.c.d.e i.f.X", PST_SERVICE_QUIET, NULL);
  check (services, "session a.b.c.d.e i.f.M", PST_SERVICE_ASK, NULL);
  check (services, "session a.b.c.d.e i.f.N", PST_SERVICE_NEVER, NULL);
  check (services, "session a.b.c.d.e i.f.g.N", PST_SERVICE_ASK, NULL);
  /* Without an interface: the strictest that it could be. j.g.* has every member. */
  check (services, "session a.b.c.d.e .X", PST_SERVICE_NEVER, NULL);
  check (services, "system x.y .X", PST_SERVICE_QUIET, NULL);
  check (services, "system x.y .M", PST_SERVICE_ASK, NULL);

  check (services, "system x.y i.f.M", PST_SERVICE_ASK, NULL);
  g_assert_cmpint (ask (services, NULL, "system x.y i.f.M", PST_SERVICE_TRAIT_ACTIONS).verdict, ==, PST_SERVICE_NEVER);
  g_assert_cmpint (ask (services, NULL, "system x.y k.l.M", PST_SERVICE_TRAIT_ACTIONS).verdict, ==, PST_SERVICE_NEVER);
  g_assert_cmpint (ask (services, NULL, "system x.y .M", PST_SERVICE_TRAIT_ACTIONS).verdict, ==, PST_SERVICE_NEVER);

  /* A module goes before what is as specific, and before nothing that is more so; of two the stricter one. */
  g_assert_cmpint (ask (services, m, "session a.b.c.d.e", 0).verdict, ==, PST_SERVICE_QUIET);
  g_assert_cmpint (ask (services, m, "session a.b.c.d.e i.f.X", 0).verdict, ==, PST_SERVICE_ASK);
  g_assert_cmpint (ask (services, m, "session a.b.c.d.e i.f.N", 0).verdict, ==, PST_SERVICE_NEVER);
  g_assert_cmpint (ask (services, mn, "session a.b.c.d.e", 0).verdict, ==, PST_SERVICE_ASK);
}

static void
test_errors (void)
{
  static const struct
  {
    const char *text;
    guint line;
    const char *says;
  } cases[] = {
    { "Title=x\n", 1, "before any section" },
    { "[session a.b]\nnonsense\n", 2, "key=value" },
    { "[session a.b]\nTitle=x\nTitle=y\n", 3, "“Title” is there twice" },
    { "[session a.b]\nColour=x\n", 2, "no key “Colour”" },
    { "[session a.b]\nMessages=i.f.M\n", 2, "no key “Messages”" },
    { "[session a.b]\nTitle=x\n", 1, "Icon is missing" },
    { "[session a.b]\nTitle=\n", 2, "Title is missing or empty" },
    { "[session a.b]\nTitle=a\x07\n", 2, "Title is longer" },
    { "[session a.b]\nTitle=T\nIcon=/etc/passwd\nRisk=R\nVerdict=ask\n", 3, "Icon" },
    { "[session a.b]\nTitle=T\nIcon=i\nRisk=R\n", 1, "Verdict is missing" },
    { ENTRY ("session a.b", "perhaps"), 5, "Verdict is “perhaps”" },
    { ENTRY ("session a.b", "ask") "Own=mine\n", 6, "Own is “mine”" },
    { ENTRY ("session a.b", "ask") "Quiet=M\n", 6, "“M” in Quiet" },
    { ENTRY ("session a.b", "ask") "Quiet=i.f.*;;i.f.\n", 6, "“i.f.” in Quiet" },
    { ENTRY ("session a.b", "ask") "Quiet=i.f.M\nNever=i.f.M\n", 7, "spoken of twice" },
    { ENTRY ("session a.b", "ask") ENTRY ("session a.b", "ask"), 6, "there twice" },
    { ENTRY ("session a.b", "ask") ENTRY ("session system a.b", "ask"), 6, "in the catalogue twice" },
    { ENTRY ("session a", "ask"), 1, "is none of" },
    { ENTRY ("session :1.2", "ask"), 1, "is none of" },
    { ENTRY ("session a..b", "ask"), 1, "is none of" },
    { ENTRY ("session org.freedesktop.*", "ask"), 1, "is none of" },
    { ENTRY ("session a.b.c*", "ask"), 1, "is none of" },
    { ENTRY ("session session a.b", "ask"), 1, "is none of" },
    { ENTRY ("session", "ask"), 1, "is none of" },
    { ENTRY ("kernel a.b", "ask"), 1, "is none of" },
    { "[session a.b\n", 1, "no ]" },
    { "[]\n", 1, "is none of" },
    { "[\n", 1, "no ]" },
    { ENTRY ("session a.b : part", "ask") "Messages=i.f.M\n", 1, "before a.b itself" },
    { ENTRY ("session a.b", "ask") ENTRY ("session a.b : part", "ask"), 6, "Messages is missing" },
    { ENTRY ("session a.b", "ask") ENTRY ("session a.b : part", "ask") "Messages=i.f.M\nWhen=full moon\n", 12, "When" },
    { "[own]\n*=quiet\n", 2, "no name to own" },
    { "[own]\n{app}.x=quiet\n", 2, "no name to own" },
    { "[own]\n{id}{number}1=quiet\n", 2, "no name to own" },
    { "[own]\n{id}=maybe\n", 2, "maybe" },
    { "[module m]\n", 1, "Title is missing" },
    { "[module M]\nTitle=M\n", 1, "is none of" },
    { "[module m]\nTitle=M\nsession a.b=quiet\n", 3, "does not have" },
    { ENTRY ("session a.b", "never") "[module m]\nTitle=M\nsession a.b=quiet\n", 8, "would allow" },
    { ENTRY ("session a.b", "ask") "Never=i.f.M\n[module m]\nTitle=M\nsession a.b i.f.M=ask\n", 9, "would allow" },
    { ENTRY ("session a.b", "ask") "[module m]\nTitle=M\nsession a.b M=ask\n", 8, "interface.member" },
    { ENTRY ("session a.b", "ask") "[module m]\nTitle=M\nRisk=R\n", 8, "Risk is “R”" },
    { ENTRY ("session a.b", "ask") "[module m]\nTitle=M\nsession a.b=x\n", 8, "“x”" },
    { "[session a.b]\nTitle=\xff\n", 1, "UTF-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;
      g_autoptr (PstServices) services = parse (cases[i].text, &error);
      g_autofree char *place = g_strdup_printf ("test.conf, line %u: ", cases[i].line);

      g_test_message ("%s", cases[i].text);
      g_assert_null (services);
      g_assert_error (error, PST_SERVICES_ERROR, 0);
      g_test_message ("%s", error->message);
      g_assert_true (g_str_has_prefix (error->message, place));
      g_assert_nonnull (strstr (error->message, cases[i].says));
    }
}

static void
test_bytes (void)
{
  g_autoptr (GError) nul = NULL, large = NULL;
  g_autoptr (PstServices) services = pst_services_new ();
  g_autofree char *text = g_malloc0 (1 << 20);

  g_assert_false (pst_services_add (services, "[own]\n\0", 7, "x", &nul));
  g_assert_nonnull (strstr (nul->message, "x, line 2: a NUL byte"));
  g_assert_false (pst_services_add (services, text, 1 << 20, "x", &large));
  g_assert_nonnull (strstr (large->message, "256 KiB"));
}

/* The real files, cut off at every byte and with bytes exchanged: an error or a catalogue, never anything else. */
static void
test_hostile (void)
{
  g_autofree char *directory = pst_data_find ("services");
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  g_autoptr (GRand) random = g_rand_new_with_seed (20110428);
  const char *name;

  g_assert_nonnull (dir);
  while ((name = g_dir_read_name (dir)))
    {
      g_autofree char *path = g_build_filename (directory, name, NULL), *text = NULL;
      gsize size;
      guint refused = 0;

      g_assert_true (g_file_get_contents (path, &text, &size, NULL));
      for (guint i = 0; i < 600; i++)
        {
          static const char bytes[] = "[]=;.:*{}\n \\\x80\xff\0";
          g_autoptr (PstServices) services = pst_services_new ();
          g_autoptr (GError) error = NULL;
          g_autofree char *copy = g_memdup2 (text, size);
          gsize cut = i < 300 ? (gsize)g_rand_int_range (random, 0, (gint32)size) : size;

          for (guint j = 0; i >= 300 && j < 1 + i % 4; j++)
            copy[g_rand_int_range (random, 0, (gint32)size)] = bytes[g_rand_int_range (random, 0, sizeof bytes)];
          if (!pst_services_add (services, copy, cut, name, &error) || !pst_services_seal (services, &error))
            {
              g_assert_nonnull (error);
              g_assert_true (g_str_has_prefix (error->message, name));
              refused++;
            }
          else
            pst_services_lookup (services, NULL, PST_SERVICE_BUS_SESSION, "org.gtk.vfs.Daemon", NULL, "M", 0);
        }
      g_assert_cmpuint (refused, >, 50);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/services/precedence", test_precedence);
  g_test_add_func ("/services/errors", test_errors);
  g_test_add_func ("/services/bytes", test_bytes);
  g_test_add_func ("/services/hostile", test_hostile);
  return g_test_run ();
}
