/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "json.h"

#include <string.h>

/* clang-format off */
G_DEFINE_QUARK (pst-json-error-quark, pst_json_error)
/* clang-format on */

/* Values and strings live as long as the text, in blocks that are freed together: nothing is freed value by value, so that
 * freeing needs no recursion. */
#define BLOCK (256u << 10)

struct _PstJsonText
{
  GPtrArray *blocks;
  char *free;
  gsize left;
  const PstJsonValue *root;
};

typedef struct
{
  PstJsonText *text;
  const char *at, *end;
  guint line, depth, n_values;
  GError **error;
} Reader;

static gpointer
take (PstJsonText *text, gsize size)
{
  gpointer memory;

  size = (size + 7) & ~(gsize)7;
  if (size > text->left)
    {
      gsize block = MAX (size, BLOCK);

      text->free = g_malloc (block);
      text->left = block;
      g_ptr_array_add (text->blocks, text->free);
    }
  memory = text->free;
  text->free += size;
  text->left -= size;
  return memory;
}

static gboolean
refuse (const Reader *reader, const char *what)
{
  g_set_error (reader->error, PST_JSON_ERROR, 0, "line %u: %s", reader->line, what);
  return FALSE;
}

static void
skip_space (Reader *reader)
{
  for (; reader->at < reader->end && memchr (" \t\r\n", *reader->at, 4); reader->at++)
    reader->line += *reader->at == '\n';
}

static gboolean
next_is (const Reader *reader, char c)
{
  return reader->at < reader->end && *reader->at == c;
}

/* Strings */

static gboolean
read_hex (Reader *reader, gunichar *out)
{
  *out = 0;
  if (reader->end - reader->at < 4)
    return refuse (reader, "\\u without four digits");
  for (int i = 0; i < 4; i++)
    {
      int digit = g_ascii_xdigit_value (*reader->at++);

      if (digit < 0)
        return refuse (reader, "\\u without four digits");
      *out = *out << 4 | (gunichar)digit;
    }
  return TRUE;
}

/* Behind "\u". Writes at most four bytes; six have been read. */
static gboolean
read_unicode (Reader *reader, char **out)
{
  gunichar c, low;

  if (!read_hex (reader, &c))
    return FALSE;
  if (c == 0)
    return refuse (reader, "a NUL in a string");
  if (c >= 0xdc00 && c <= 0xdfff)
    return refuse (reader, "the second half of a surrogate pair without its first");
  if (c >= 0xd800 && c <= 0xdbff)
    {
      if (reader->end - reader->at < 2 || reader->at[0] != '\\' || reader->at[1] != 'u')
        return refuse (reader, "half a surrogate pair");
      reader->at += 2;
      if (!read_hex (reader, &low))
        return FALSE;
      if (low < 0xdc00 || low > 0xdfff)
        return refuse (reader, "half a surrogate pair");
      c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
    }
  *out += g_unichar_to_utf8 (c, *out);
  return TRUE;
}

static gboolean
read_escape (Reader *reader, char **out)
{
  static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
  const char *found;
  char c;

  if (reader->at == reader->end)
    return refuse (reader, "a string without an end");
  c = *reader->at++;
  if (c == 'u')
    return read_unicode (reader, out);
  found = c != '\0' ? strchr (from, c) : NULL;
  if (!found)
    return refuse (reader, "a backslash before something that it cannot stand before");
  *(*out)++ = to[found - from];
  return TRUE;
}

/* At the quotation mark. What is read is never longer than what stands there. */
static gboolean
read_string (Reader *reader, const char **string)
{
  const char *close = ++reader->at;
  char *start, *out;

  while (close < reader->end && *close != '"')
    close += *close == '\\' ? 2 : 1;
  if (close >= reader->end)
    return refuse (reader, "a string without an end");
  start = out = take (reader->text, (gsize)(close - reader->at) + 1);
  while (reader->at < close)
    {
      char c = *reader->at++;

      if ((guchar)c < 0x20)
        return refuse (reader, "a control character in a string; write it as \\u00…");
      if (c != '\\')
        *out++ = c;
      else if (!read_escape (reader, &out))
        return FALSE;
    }
  *out = '\0';
  reader->at = close + 1;
  *string = start;
  return TRUE;
}

/* The others */

static gboolean
read_number (Reader *reader, gint64 *number)
{
  gboolean negative = next_is (reader, '-');
  const char *digits;
  guint64 value = 0, most = negative ? (guint64)G_MAXINT64 + 1 : (guint64)G_MAXINT64;

  reader->at += negative;
  digits = reader->at;
  for (; reader->at < reader->end && g_ascii_isdigit (*reader->at); reader->at++)
    {
      guint digit = (guint)(*reader->at - '0');

      if (value > (most - digit) / 10)
        return refuse (reader, "a number that is too large");
      value = value * 10 + digit;
    }
  if (reader->at == digits || (*digits == '0' && reader->at > digits + 1))
    return refuse (reader, "this is no number");
  if (reader->at < reader->end && memchr (".eE", *reader->at, 3))
    return refuse (reader, "a number that is not whole");
  *number = negative ? (gint64)(0 - value) : (gint64)value;
  return TRUE;
}

static gboolean
read_word (Reader *reader, const char *word)
{
  gsize length = strlen (word);

  if ((gsize)(reader->end - reader->at) < length || memcmp (reader->at, word, length) != 0)
    return refuse (reader, "this is no value of JSON");
  reader->at += length;
  return TRUE;
}

static const PstJsonValue *read_value (Reader *reader);

/* Behind "[" or "{": after each entry a comma, and another one, or @close. FALSE: the last has been read, or *failed. */
static gboolean
has_more (Reader *reader, char close, gboolean first, gboolean *failed)
{
  skip_space (reader);
  if (next_is (reader, close))
    {
      reader->at++;
      return FALSE;
    }
  if (first)
    return TRUE;
  if (!next_is (reader, ','))
    {
      *failed = TRUE;
      return refuse (reader, close == ']' ? "a list without its “]”, or without a comma"
                                          : "an object without its “}”, or without a comma");
    }
  reader->at++;
  skip_space (reader);
  return TRUE;
}

static gboolean
read_array (Reader *reader, PstJsonValue *value)
{
  g_autoptr (GPtrArray) values = g_ptr_array_new ();
  gboolean failed = FALSE;

  reader->at++;
  while (has_more (reader, ']', values->len == 0, &failed))
    {
      const PstJsonValue *item = read_value (reader);

      if (!item)
        return FALSE;
      g_ptr_array_add (values, (gpointer)item);
    }
  value->n = values->len;
  value->values = take (reader->text, values->len * sizeof (gpointer));
  if (values->len > 0)
    memcpy ((gpointer)value->values, values->pdata, values->len * sizeof (gpointer));
  return !failed;
}

static gboolean
read_member (Reader *reader, GHashTable *seen, PstJsonMember *member)
{
  if (!next_is (reader, '"'))
    return refuse (reader, "a key that is not in quotation marks");
  if (!read_string (reader, &member->key))
    return FALSE;
  if (!g_hash_table_add (seen, (gpointer)member->key))
    return refuse (reader, "a key is there twice in one object");
  skip_space (reader);
  if (!next_is (reader, ':'))
    return refuse (reader, "a key without a colon behind it");
  reader->at++;
  return (member->value = read_value (reader)) != NULL;
}

static gboolean
read_object (Reader *reader, PstJsonValue *value)
{
  g_autoptr (GArray) members = g_array_new (FALSE, FALSE, sizeof (PstJsonMember));
  g_autoptr (GHashTable) seen = g_hash_table_new (g_str_hash, g_str_equal);
  gboolean failed = FALSE;

  reader->at++;
  while (has_more (reader, '}', members->len == 0, &failed))
    {
      PstJsonMember member;

      if (!read_member (reader, seen, &member))
        return FALSE;
      g_array_append_val (members, member);
    }
  value->n = members->len;
  value->members = take (reader->text, members->len * sizeof (PstJsonMember));
  if (members->len > 0)
    memcpy ((gpointer)value->members, members->data, members->len * sizeof (PstJsonMember));
  return !failed;
}

static gboolean
read_by_first (Reader *reader, PstJsonValue *value)
{
  switch (reader->at < reader->end ? *reader->at : '\0')
    {
    case '{':
      value->type = PST_JSON_OBJECT;
      return read_object (reader, value);
    case '[':
      value->type = PST_JSON_ARRAY;
      return read_array (reader, value);
    case '"':
      value->type = PST_JSON_STRING;
      return read_string (reader, &value->string);
    case 't':
    case 'f':
      value->type = PST_JSON_BOOLEAN;
      value->boolean = *reader->at == 't';
      return read_word (reader, value->boolean ? "true" : "false");
    case 'n':
      value->type = PST_JSON_NULL;
      return read_word (reader, "null");
    case '-':
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7':
    case '8':
    case '9':
      value->type = PST_JSON_NUMBER;
      return read_number (reader, &value->number);
    default:
      return refuse (reader, "this is no value of JSON");
    }
}

/* NULL: refused. */
static const PstJsonValue *
read_value (Reader *reader)
{
  PstJsonValue *value;
  gboolean fine;

  skip_space (reader);
  if (++reader->n_values > PST_JSON_MAX_VALUES)
    return refuse (reader, "too many values"), NULL;
  if (reader->depth == PST_JSON_MAX_DEPTH)
    return refuse (reader, "lists and objects within each other, deeper than is ever meant"), NULL;
  value = take (reader->text, sizeof *value);
  memset (value, 0, sizeof *value);
  value->line = reader->line;
  reader->depth++;
  fine = read_by_first (reader, value);
  reader->depth--;
  return fine ? value : NULL;
}

PstJsonText *
pst_json_text_parse (const char *data, gsize size, GError **error)
{
  g_autoptr (PstJsonText) text = g_new0 (PstJsonText, 1);
  Reader reader = { .text = text, .at = data, .end = size > 0 ? data + size : data, .line = 1, .error = error };

  text->blocks = g_ptr_array_new_with_free_func (g_free);
  if (size > PST_JSON_MAX_SIZE)
    return refuse (&reader, "the text is larger than 16 MiB"), NULL;
  if (size > 0 && (memchr (data, '\0', size) || !g_utf8_validate (data, (gssize)size, NULL)))
    return refuse (&reader, "the text is not UTF-8"), NULL;
  if (!(text->root = read_value (&reader)))
    return NULL;
  skip_space (&reader);
  if (reader.at < reader.end)
    return refuse (&reader, "something stands behind the end"), NULL;
  return g_steal_pointer (&text);
}

void
pst_json_text_free (PstJsonText *text)
{
  if (!text)
    return;
  g_ptr_array_unref (text->blocks);
  g_free (text);
}

const PstJsonValue *
pst_json_text_get_root (const PstJsonText *text)
{
  return text->root;
}

const PstJsonValue *
pst_json_value_get (const PstJsonValue *object, const char *key)
{
  for (guint i = 0; object->type == PST_JSON_OBJECT && i < object->n; i++)
    if (strcmp (object->members[i].key, key) == 0)
      return object->members[i].value;
  return NULL;
}
