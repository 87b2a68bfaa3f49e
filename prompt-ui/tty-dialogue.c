/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "tty-dialogue.h"

#include <glib/gi18n.h>
#include <string.h>

#define NARROWEST 20u
#define WIDEST 100u

/* The order in which they are numbered: what is wanted most comes first, and a choice that is not always there last, so that
 * a number always means the same. */
static const PstChoice numbered[] = {
  PST_CHOICE_ALLOW_ONCE, PST_CHOICE_ALLOW_ALWAYS, PST_CHOICE_DENY,          PST_CHOICE_DENY_ALWAYS,
  PST_CHOICE_HIDE,       PST_CHOICE_HIDE_ALWAYS,  PST_CHOICE_ALLOW_SESSION, PST_CHOICE_ALLOW_DAY,
  PST_CHOICE_ALLOW_WEEK, PST_CHOICE_ALLOW_MONTH,  PST_CHOICE_PRIVATE,
};

static guint
n_choices (const PstQuestion *question)
{
  return G_N_ELEMENTS (numbered) - (question->private_ok ? 0 : 1);
}

void
pst_tty_dialogue_init (PstTtyDialogue *dialogue, const PstQuestion *question)
{
  *dialogue = (PstTtyDialogue){ .question = question, .scope = question->scope, .access = question->access };
}

guint
pst_tty_clamp_width (guint width)
{
  return CLAMP (width, NARROWEST, WIDEST);
}

static guint
columns_of (gunichar c)
{
  return g_unichar_iszerowidth (c) ? 0 : g_unichar_iswide (c) ? 2 : 1;
}

/* Columns of @text up to its first space; *end: there. */
static guint
measure_word (const char *text, const char **end)
{
  guint columns = 0;
  const char *p = text;

  for (; *p != '\0' && *p != ' '; p = g_utf8_next_char (p))
    columns += columns_of (g_utf8_get_char (p));
  *end = p;
  return columns;
}

static void
append_spaces (GString *out, guint n)
{
  g_string_append_printf (out, "%*s", (int)n, "");
}

void
pst_tty_wrap (GString *out, const char *text, guint first, guint indent, guint width)
{
  guint column = first;
  gboolean line_is_empty = TRUE;

  while (*text != '\0')
    {
      const char *end;
      guint columns = measure_word (text, &end);

      if (!line_is_empty && column + 1 + columns > width)
        {
          g_string_append_c (out, '\n');
          append_spaces (out, indent);
          column = indent;
          line_is_empty = TRUE;
        }
      if (!line_is_empty)
        {
          g_string_append_c (out, ' ');
          column++;
        }
      /* a word that is longer than a line is broken where the line ends */
      for (const char *p = text; p < end; p = g_utf8_next_char (p))
        {
          gunichar c = g_utf8_get_char (p);
          if (column + columns_of (c) > width)
            {
              g_string_append_c (out, '\n');
              append_spaces (out, indent);
              column = indent;
            }
          g_string_append_unichar (out, c);
          column += columns_of (c);
        }
      line_is_empty = FALSE;
      text = *end == ' ' ? end + 1 : end;
    }
  g_string_append_c (out, '\n');
}

static guint
text_columns (const char *text)
{
  guint columns = 0;

  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    columns += columns_of (g_utf8_get_char (p));
  return columns;
}

void
pst_tty_append_field (GString *out, const char *name, const char *value, guint width)
{
  if (*value == '\0')
    return;
  g_string_append_printf (out, "%s: ", name);
  pst_tty_wrap (out, value, text_columns (name) + 2, 4, width);
}

/* @key is "s" or "a": our own letters, the same in all languages, as the numbers are. */
static void
append_selection (GString *out, const char *name, char key, const char *const *labels, guint n, guint selected, guint width)
{
  if (n < 2)
    return;
  g_string_append_printf (out, "\n%s\n", name);
  for (guint i = 0; i < n; i++)
    {
      g_string_append_printf (out, "  %c%u %s ", key, i + 1, i == selected ? "*" : " ");
      pst_tty_wrap (out, labels[i], 7, 7, width);
    }
}

static void
append_title (GString *out, const PstTtyDialogue *d, guint width, gboolean bold)
{
  if (bold)
    g_string_append (out, "\033[1m");
  pst_tty_wrap (out, pst_question_title (d->question, d->scope, d->access), 0, 0, width);
  if (bold)
    g_string_append (out, "\033[0m");
}

char *
pst_tty_dialogue_render_title (const PstTtyDialogue *dialogue, guint width, gboolean bold)
{
  GString *out = g_string_new (NULL);

  append_title (out, dialogue, pst_tty_clamp_width (width), bold);
  return g_string_free (out, FALSE);
}

char *
pst_tty_dialogue_render (const PstTtyDialogue *dialogue, guint width, gboolean bold)
{
  const PstQuestion *q = dialogue->question;
  GString *out = g_string_new ("\n");
  g_autofree const char **access_labels = g_new0 (const char *, q->n_accesses + 1);

  width = pst_tty_clamp_width (width);
  for (guint i = 0; i < q->n_accesses; i++)
    access_labels[i] = q->accesses[i].label;

  append_title (out, dialogue, width, bold);
  if (*q->intent != '\0')
    pst_tty_wrap (out, q->intent, 0, 0, width);
  if (*q->warning != '\0')
    g_string_append_c (out, '\n');
  pst_tty_append_field (out, _ ("Warning"), q->warning, width);
  g_string_append_c (out, '\n');
  pst_tty_append_field (out, _ ("Program"), q->executable, width);
  pst_tty_append_field (out, _ ("Package"), *q->package != '\0' ? q->package : _ ("Not from a package"), width);
  pst_tty_append_field (out, _ ("Path"), q->resource, width);
  pst_tty_append_field (out, _ ("Its packager says"), q->reason, width);
  if (q->n_waiting > 0)
    {
      g_autofree char *text = g_strdup_printf (
          ngettext ("%u more question from this application", "%u more questions from this application", q->n_waiting),
          q->n_waiting);
      pst_tty_wrap (out, text, 0, 0, width);
    }
  append_selection (out, _ ("Scope"), 's', (const char *const *)q->scopes, q->n_scopes, dialogue->scope, width);
  append_selection (out, _ ("Access"), 'a', access_labels, q->n_accesses, dialogue->access, width);
  g_string_append_c (out, '\n');
  for (guint i = 0; i < n_choices (q); i++)
    {
      g_autofree char *label = pst_choice_label_plain (numbered[i]);
      g_string_append_printf (out, "%4u  ", i + 1);
      pst_tty_wrap (out, label, 6, 6, width);
    }
  return g_string_free (out, FALSE);
}

char *
pst_tty_dialogue_prompt (const PstTtyDialogue *dialogue, guint width)
{
  const PstQuestion *q = dialogue->question;
  g_autofree char *text = NULL;
  GString *out = g_string_new (NULL);

  if (q->n_scopes > 1 && q->n_accesses > 1)
    text = g_strdup_printf (_ ("Number 1–%u, or s2, a2 … to choose scope and access first. Enter denies:"), n_choices (q));
  else if (q->n_scopes > 1)
    text = g_strdup_printf (_ ("Number 1–%u, or s2 … to choose the scope first. Enter denies:"), n_choices (q));
  else if (q->n_accesses > 1)
    text = g_strdup_printf (_ ("Number 1–%u, or a2 … to choose the access first. Enter denies:"), n_choices (q));
  else
    text = g_strdup_printf (_ ("Number 1–%u. Enter denies:"), n_choices (q));
  pst_tty_wrap (out, text, 0, 0, pst_tty_clamp_width (width));
  out->str[out->len - 1] = ' '; /* the cursor waits behind it */
  return g_string_free (out, FALSE);
}

/* A whole number from 1 to @max, or 0. */
static guint
parse_number (const char *word, guint max)
{
  guint64 n;

  return g_ascii_string_to_unsigned (word, 10, 1, max, &n, NULL) ? (guint)n : 0;
}

PstTtyOutcome
pst_tty_dialogue_parse (PstTtyDialogue *dialogue, const char *line, gsize size, PstChoice *choice)
{
  const PstQuestion *q = dialogue->question;
  guint scope = dialogue->scope, access = dialogue->access, n = 0;
  gboolean selected = FALSE;
  g_autofree char *text = NULL;
  g_auto (GStrv) words = NULL;

  if (memchr (line, 0x03, size) != NULL || memchr (line, 0x04, size) != NULL)
    {
      *choice = PST_CHOICE_DENY;
      return PST_TTY_ANSWERED;
    }
  while (size > 0 && (line[size - 1] == '\n' || line[size - 1] == '\r'))
    size--;
  for (gsize i = 0; i < size; i++)
    if (!g_ascii_isprint (line[i]) && line[i] != '\t')
      return PST_TTY_NOT_KNOWN;
  text = g_strndup (line, size);
  words = g_strsplit_set (text, " ,\t", -1);

  for (char **w = words; *w != NULL; w++)
    {
      guint number;

      if (**w == '\0')
        continue;
      if (n != 0)
        return PST_TTY_NOT_KNOWN; /* nothing comes after the answer */
      if (g_ascii_tolower (**w) == 's' && (number = parse_number (*w + 1, MAX (q->n_scopes, 1))) != 0 && q->n_scopes > 1)
        scope = number - 1;
      else if (g_ascii_tolower (**w) == 'a' && (number = parse_number (*w + 1, MAX (q->n_accesses, 1))) != 0 &&
               q->n_accesses > 1)
        access = number - 1;
      else if ((n = parse_number (*w, n_choices (q))) == 0)
        return PST_TTY_NOT_KNOWN;
      selected = selected || n == 0;
    }

  dialogue->scope = scope;
  dialogue->access = access;
  if (n == 0 && selected)
    return PST_TTY_SELECTED;
  *choice = n == 0 ? PST_CHOICE_DENY : numbered[n - 1];
  return PST_TTY_ANSWERED;
}
