/* SPDX-License-Identifier: GPL-3.0-or-later */
/* GVariant's form of an array of tuples: each element begins at a multiple of eight, the members of a tuple follow each other
 * with their own alignment, and where a member of variable size ends stands at the end of the tuple, the last first; where the
 * elements end stands at the end of the array. How many bytes such a number takes depends on the size of the whole that it is
 * in. */
#include "entry-list.h"

#include <string.h>

struct _PstEntryList
{
  GByteArray *bytes;
  GArray *ends; /* of gsize: of the elements */
};

PstEntryList *
pst_entry_list_new (void)
{
  PstEntryList *list = g_new (PstEntryList, 1);

  list->bytes = g_byte_array_new ();
  list->ends = g_array_new (FALSE, FALSE, sizeof (gsize));
  return list;
}

static void
align (GByteArray *bytes, guint to)
{
  static const guint8 zeros[8] = { 0 };
  guint over = bytes->len % to;

  if (over)
    g_byte_array_append (bytes, zeros, to - over);
}

static void
add_u (GByteArray *bytes, guint32 value)
{
  align (bytes, 4);
  g_byte_array_append (bytes, (const guint8 *)&value, sizeof value);
}

static void
add_x (GByteArray *bytes, gint64 value)
{
  align (bytes, 8);
  g_byte_array_append (bytes, (const guint8 *)&value, sizeof value);
}

/* With its NUL. Returns where it ends in the element that began at @start. */
static gsize
add_s (GByteArray *bytes, const char *text, gsize start)
{
  g_byte_array_append (bytes, (const guint8 *)text, (guint)strlen (text) + 1);
  return bytes->len - start;
}

/* The bytes of each of @n numbers at the end of what is @size long without them. */
static guint
size_of_ends (gsize size, gsize n)
{
  if (size + n <= G_MAXUINT8)
    return 1;
  if (size + 2 * n <= G_MAXUINT16)
    return 2;
  return size + 4 * n <= G_MAXUINT32 ? 4 : 8;
}

static void
add_end (GByteArray *bytes, gsize end, guint size)
{
  guint64 little = GUINT64_TO_LE ((guint64)end);

  g_byte_array_append (bytes, (const guint8 *)&little, size);
}

void
pst_entry_list_add (PstEntryList *list, const char *app, const PstEntry *entry)
{
  GByteArray *bytes = list->bytes;
  gsize start, end, ends[3];
  guint size;

  align (bytes, 8);
  start = bytes->len;
  add_x (bytes, (gint64)entry->id);
  ends[0] = add_s (bytes, app, start);
  add_u (bytes, entry->kind);
  ends[1] = add_s (bytes, entry->resource, start);
  add_u (bytes, entry->scope);
  add_u (bytes, entry->access);
  add_u (bytes, entry->answer);
  add_u (bytes, entry->lifetime);
  add_x (bytes, entry->until);
  add_u (bytes, entry->tier);
  add_x (bytes, entry->created);
  add_x (bytes, entry->used);
  add_u (bytes, entry->origin);
  ends[2] = add_s (bytes, entry->source, start);
  add_u (bytes, entry->effective);
  add_u (bytes, entry->flags);
  size = size_of_ends (bytes->len - start, G_N_ELEMENTS (ends));
  for (gsize i = G_N_ELEMENTS (ends); i-- > 0;)
    add_end (bytes, ends[i], size);
  end = bytes->len;
  g_array_append_val (list->ends, end);
}

GVariant *
pst_entry_list_end (PstEntryList *list)
{
  guint size = size_of_ends (list->bytes->len, list->ends->len);
  g_autoptr (GBytes) bytes = NULL;

  for (guint i = 0; i < list->ends->len; i++)
    add_end (list->bytes, g_array_index (list->ends, gsize, i), size);
  bytes = g_byte_array_free_to_bytes (list->bytes);
  g_array_unref (list->ends);
  g_free (list);
  return g_variant_new_from_bytes (G_VARIANT_TYPE (PST_ENTRY_LIST_TYPE), bytes, TRUE);
}
