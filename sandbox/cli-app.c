/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Which application does a person mean? The broker knows ids and commands; this helps where a word is neither. */
#include "cli-control.h"

#include "pst-text.h"
#include "postern-ipc.h"

#include <glib/gi18n.h>
#include <string.h>

#define NEAR 3 /* edits that still make a near match */
#define MAX_NEAR 4

/* The number of single-character edits between the two. Bytes. */
static guint
edits_between (const char *a, const char *b)
{
  gsize n_a = strlen (a), n_b = strlen (b);
  g_autofree guint *row = g_new (guint, n_b + 1);

  for (gsize j = 0; j <= n_b; j++)
    row[j] = (guint)j;
  for (gsize i = 1; i <= n_a; i++)
    {
      guint diagonal = row[0];

      row[0] = (guint)i;
      for (gsize j = 1; j <= n_b; j++)
        {
          guint above = row[j];

          row[j] = MIN (MIN (above, row[j - 1]) + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1));
          diagonal = above;
        }
    }
  return row[n_b];
}

static gboolean
is_near (const char *word, const char *name)
{
  g_autofree char *a = g_ascii_strdown (word, -1);
  g_autofree char *b = g_ascii_strdown (name, -1);
  gsize n_a = strlen (a), n_b = strlen (b);
  guint edits;

  if (n_b == 0 || n_a > 200 || n_b > 200)
    return FALSE;
  edits = edits_between (a, b);
  /* Half of a short word is not near; a part of a longer one is. */
  return (edits <= NEAR && edits * 2 < n_a) || (n_a >= 3 && strstr (b, a) != NULL);
}

gboolean
pst_cli_app_is_near (const char *word, const char *id, const char *name, const char *executable)
{
  const char *dot = strrchr (id, '.');
  const char *slash = strrchr (executable, '/');

  return is_near (word, id) || is_near (word, name) || (dot != NULL && is_near (word, dot + 1)) ||
         (slash != NULL && is_near (word, slash + 1));
}

/* Is @word an application that has rules or a history, by its id or by its program? The near ones are added to @near. */
static gboolean
look_up (GVariantIter *apps, const char *word, GPtrArray *near)
{
  const char *id, *name, *executable;
  gboolean known = FALSE;

  while (g_variant_iter_next (apps, "(&s&s&s&sutb)", &id, &name, NULL, &executable, NULL, NULL, NULL))
    {
      const char *slash = strrchr (executable, '/');

      if (strcmp (id, word) == 0 || strcmp (executable, word) == 0 || (slash != NULL && strcmp (slash + 1, word) == 0))
        known = TRUE;
      else if (near->len < MAX_NEAR && pst_cli_app_is_near (word, id, name, executable))
        g_ptr_array_add (near, pst_text_for_display (id, 100));
    }
  return known;
}

int
pst_cli_check_app (const char *word)
{
  g_autoptr (PstMessage) reply = pst_cli_call (PST_CONTROL_LIST_APPS, NULL, PST_CONTROL_LIST_APPS_OUT);
  g_autoptr (GVariantIter) apps = NULL;
  g_autoptr (GPtrArray) near = g_ptr_array_new_with_free_func (g_free);
  g_autofree char *shown = pst_text_for_display (word, 100);
  g_autofree char *names = NULL;

  if (reply == NULL)
    return 1;
  g_variant_get (reply->args, PST_CONTROL_LIST_APPS_OUT, &apps);
  if (look_up (apps, word, near))
    return 0;
  if (near->len == 0)
    return pst_cli_fail (1, _ ("there is no application “%s”; postern apps lists those that have rules or were started"),
                         shown);
  g_ptr_array_add (near, NULL);
  names = g_strjoinv (", ", (char **)near->pdata);
  return pst_cli_fail (1, _ ("there is no application “%s”; did you mean %s?"), shown, names);
}
