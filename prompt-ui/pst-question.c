/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-question.h"

#include "pst-details.h"
#include "pst-peer.h"
#include "pst-text.h"

#include <glib/gi18n.h>
#include <string.h>

/* Lists are bounded so that no application can make a dialog that does not fit a screen, whatever the broker lets through. */
#define MAX_SCOPES 6u
#define MAX_ACCESSES 3u
#define MAX_WAITING 64u

#define MAX_LABEL 160
#define MAX_SENTENCE 260
#define MAX_PATH 4200

#define SECONDS_A_DAY G_GINT64_CONSTANT (86400)

static gboolean
take_index (GVariant *details, const char *key, guint n, guint *out, GError **error)
{
  g_autoptr (GVariant) value = NULL;

  if (!pst_details_take_value (details, key, G_VARIANT_TYPE_UINT32, &value, error))
    return FALSE;
  *out = value != NULL ? g_variant_get_uint32 (value) : 0;
  if (*out >= n)
    *out = 0;
  return TRUE;
}

static GStrv
strv_for_display (GVariant *array, guint max_items, gsize max_chars, guint *n)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();
  gsize n_all = array != NULL ? g_variant_n_children (array) : 0;

  *n = (guint)MIN (n_all, max_items);
  for (guint i = 0; i < *n; i++)
    {
      g_autoptr (GVariant) item = g_variant_get_child_value (array, i);
      g_autofree char *text = pst_text_for_display (g_variant_get_string (item, NULL), max_chars);
      g_strv_builder_add (builder, text);
    }
  return g_strv_builder_end (builder);
}

static gboolean
take_scopes (PstQuestion *q, GVariant *details, GError **error)
{
  g_autoptr (GVariant) scopes = NULL;
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  if (!pst_details_take_value (details, "scopes", G_VARIANT_TYPE ("a(ss)"), &scopes, error))
    return FALSE;
  q->n_scopes = scopes != NULL ? (guint)MIN (g_variant_n_children (scopes), MAX_SCOPES) : 0;
  for (guint i = 0; i < q->n_scopes; i++)
    {
      const char *label;
      g_autofree char *text = NULL;

      g_variant_get_child (scopes, i, "(&s&s)", &label, NULL);
      text = pst_text_for_display (label, MAX_LABEL);
      g_strv_builder_add (builder, text);
    }
  q->scopes = g_strv_builder_end (builder);
  return take_index (details, "scope", q->n_scopes, &q->scope, error);
}

static gboolean
take_accesses (PstQuestion *q, GVariant *details, GError **error)
{
  g_autoptr (GVariant) accesses = NULL;

  if (!pst_details_take_value (details, "accesses", G_VARIANT_TYPE ("a(us)"), &accesses, error))
    return FALSE;
  q->n_accesses = accesses != NULL ? (guint)MIN (g_variant_n_children (accesses), MAX_ACCESSES) : 0;
  q->accesses = g_new0 (PstQuestionAccess, q->n_accesses + 1);
  for (guint i = 0; i < q->n_accesses; i++)
    {
      guint32 access;
      const char *label;

      g_variant_get_child (accesses, i, "(u&s)", &access, &label);
      q->accesses[i].access = (PstAccess)access;
      q->accesses[i].label = pst_text_for_display (label, MAX_LABEL);
    }
  return take_index (details, "access", q->n_accesses, &q->access, error);
}

/* Titles that do not match the choices are left out: then the one title stands for all. */
static gboolean
take_titles (PstQuestion *q, GVariant *details, GError **error)
{
  g_autoptr (GVariant) titles = NULL;
  g_autoptr (GVariant) scopes = g_variant_lookup_value (details, "scopes", NULL);
  g_autoptr (GVariant) accesses = g_variant_lookup_value (details, "accesses", NULL);
  gsize rows = scopes != NULL ? MAX (g_variant_n_children (scopes), 1) : 1;
  gsize columns = accesses != NULL ? MAX (g_variant_n_children (accesses), 1) : 1;
  guint n;

  if (!pst_details_take_value (details, "titles", G_VARIANT_TYPE_STRING_ARRAY, &titles, error))
    return FALSE;
  if (titles == NULL || rows > MAX_SCOPES || columns > MAX_ACCESSES || g_variant_n_children (titles) != rows * columns)
    return TRUE;
  q->titles = strv_for_display (titles, MAX_SCOPES * MAX_ACCESSES, MAX_SENTENCE, &n);
  return TRUE;
}

PstQuestion *
pst_question_new (guint64 id, GVariant *details, GError **error)
{
  g_autoptr (PstQuestion) q = g_new0 (PstQuestion, 1);
  g_autoptr (GVariant) sandbox = NULL, private_ok = NULL, waiting = NULL, icon = NULL;

  q->id = id;
  if (!pst_details_take_text (details, "app_id", MAX_LABEL, &q->app_id, error) ||
      !pst_details_take_text (details, "app_name", MAX_LABEL, &q->app_name, error) ||
      !pst_details_take_text (details, "executable", MAX_PATH, &q->executable, error) ||
      !pst_details_take_text (details, "package", MAX_LABEL, &q->package, error) ||
      !pst_details_take_text (details, "title", MAX_SENTENCE, &q->title, error) ||
      !pst_details_take_text (details, "intent", MAX_SENTENCE, &q->intent, error) ||
      !pst_details_take_text (details, "resource", MAX_PATH, &q->resource, error) ||
      !pst_details_take_text (details, "warning", MAX_SENTENCE, &q->warning, error) ||
      !pst_details_take_text (details, "reason", MAX_SENTENCE, &q->reason, error) ||
      !pst_details_take_value (details, "app_icon", G_VARIANT_TYPE_STRING, &icon, error) ||
      !pst_details_take_value (details, "sandbox", G_VARIANT_TYPE_UINT64, &sandbox, error) ||
      !pst_details_take_value (details, "private_ok", G_VARIANT_TYPE_BOOLEAN, &private_ok, error) ||
      !pst_details_take_value (details, "waiting", G_VARIANT_TYPE_STRING_ARRAY, &waiting, error) ||
      !take_scopes (q, details, error) || !take_accesses (q, details, error) || !take_titles (q, details, error))
    return NULL;

  q->app_icon = g_strdup (icon != NULL ? g_variant_get_string (icon, NULL) : "");
  q->sandbox = sandbox != NULL ? g_variant_get_uint64 (sandbox) : 0;
  q->private_ok = private_ok != NULL && g_variant_get_boolean (private_ok);
  q->waiting = strv_for_display (waiting, MAX_WAITING, MAX_LABEL, &q->n_waiting);

  if (*pst_question_title (q, q->scope, q->access) == '\0')
    {
      g_set_error_literal (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "a question has no title");
      return NULL;
    }
  return g_steal_pointer (&q);
}

void
pst_question_free (PstQuestion *question)
{
  if (question == NULL)
    return;
  g_free (question->app_id);
  g_free (question->app_name);
  g_free (question->app_icon);
  g_free (question->executable);
  g_free (question->package);
  g_free (question->title);
  g_free (question->intent);
  g_free (question->resource);
  g_free (question->warning);
  g_free (question->reason);
  g_strfreev (question->scopes);
  for (guint i = 0; i < question->n_accesses; i++)
    g_free (question->accesses[i].label);
  g_free (question->accesses);
  g_strfreev (question->titles);
  g_strfreev (question->waiting);
  g_free (question);
}

static gboolean
same_strv (const char *const *a, const char *const *b)
{
  return a == NULL || b == NULL ? a == b : g_strv_equal (a, b);
}

gboolean
pst_question_same (const PstQuestion *a, const PstQuestion *b)
{
  if (a->id != b->id || a->sandbox != b->sandbox || a->scope != b->scope || a->access != b->access ||
      a->n_accesses != b->n_accesses || a->private_ok != b->private_ok)
    return FALSE;
  for (guint i = 0; i < a->n_accesses; i++)
    if (a->accesses[i].access != b->accesses[i].access || strcmp (a->accesses[i].label, b->accesses[i].label) != 0)
      return FALSE;
  return g_str_equal (a->app_id, b->app_id) && g_str_equal (a->app_name, b->app_name) &&
         g_str_equal (a->app_icon, b->app_icon) && g_str_equal (a->executable, b->executable) &&
         g_str_equal (a->title, b->title) && g_str_equal (a->intent, b->intent) && g_str_equal (a->resource, b->resource) &&
         g_str_equal (a->warning, b->warning) && g_str_equal (a->reason, b->reason) &&
         same_strv ((const char *const *)a->scopes, (const char *const *)b->scopes) &&
         same_strv ((const char *const *)a->titles, (const char *const *)b->titles);
}

const char *
pst_question_title (const PstQuestion *question, guint scope, guint access)
{
  guint columns = MAX (question->n_accesses, 1);
  const char *title = NULL;

  if (question->titles != NULL && scope < MAX (question->n_scopes, 1) && access < columns)
    title = question->titles[scope * columns + access];
  return title != NULL && *title != '\0' ? title : question->title;
}

/* What each choice means. "Keep it private" lasts: a file that was put into the private home must be found there again.
 */
static const struct
{
  PstAnswer answer;
  PstLifetime lifetime;
  int days;
  const char *label;
} choices[PST_N_CHOICES] = {
  [PST_CHOICE_DENY] = { PST_ANSWER_DENY, PST_LIFETIME_ONCE, 0, N_ ("_Deny") },
  [PST_CHOICE_DENY_ALWAYS] = { PST_ANSWER_DENY, PST_LIFETIME_ALWAYS, 0, N_ ("Deny and _don’t ask again") },
  [PST_CHOICE_HIDE] = { PST_ANSWER_HIDE, PST_LIFETIME_ONCE, 0, N_ ("_Pretend it is empty") },
  [PST_CHOICE_HIDE_ALWAYS] = { PST_ANSWER_HIDE, PST_LIFETIME_ALWAYS, 0, N_ ("_Always pretend it is empty") },
  [PST_CHOICE_PRIVATE] = { PST_ANSWER_PRIVATE, PST_LIFETIME_ALWAYS, 0, N_ ("_Keep it private to the app") },
  [PST_CHOICE_ALLOW_ONCE] = { PST_ANSWER_ALLOW, PST_LIFETIME_ONCE, 0, N_ ("Allow _this time") },
  [PST_CHOICE_ALLOW_SESSION] = { PST_ANSWER_ALLOW, PST_LIFETIME_SESSION, 0, N_ ("Allow until I _log out") },
  [PST_CHOICE_ALLOW_DAY] = { PST_ANSWER_ALLOW, PST_LIFETIME_UNTIL, 1, N_ ("Allow for a _day") },
  [PST_CHOICE_ALLOW_WEEK] = { PST_ANSWER_ALLOW, PST_LIFETIME_UNTIL, 7, N_ ("Allow for a _week") },
  [PST_CHOICE_ALLOW_MONTH] = { PST_ANSWER_ALLOW, PST_LIFETIME_UNTIL, 30, N_ ("Allow for a _month") },
  [PST_CHOICE_ALLOW_ALWAYS] = { PST_ANSWER_ALLOW, PST_LIFETIME_ALWAYS, 0, N_ ("_Always allow") },
};

PstVerdict
pst_choice_verdict (PstChoice choice, gint64 now)
{
  g_assert ((guint)choice < PST_N_CHOICES);
  return (PstVerdict){
    .answer = choices[choice].answer,
    .lifetime = choices[choice].lifetime,
    .until = choices[choice].days > 0 ? now + choices[choice].days * SECONDS_A_DAY : 0,
  };
}

const char *
pst_choice_label (PstChoice choice)
{
  g_assert ((guint)choice < PST_N_CHOICES);
  return _ (choices[choice].label);
}

char *
pst_choice_label_plain (PstChoice choice)
{
  const char *label = pst_choice_label (choice);
  GString *plain = g_string_new (NULL);

  /* our own words: an underscore marks the mnemonic, and some languages put "(_X)" after the words */
  for (const char *p = label; *p != '\0'; p++)
    if (*p == '(' && p[1] == '_' && p[2] != '\0' && p[3] == ')')
      p += 3;
    else if (*p != '_')
      g_string_append_c (plain, *p);
  return g_string_free (plain, FALSE);
}
