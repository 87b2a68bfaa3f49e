/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "expected.h"

static inline guint64
key_of (guint32 peer, guint32 serial)
{
  return (guint64)peer << 32 | serial; /* no serial is 0 */
}

static inline guint32
place_of (const PstExpected *expected, guint64 key)
{
  return (guint32)((key * G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)) >> 32) & (expected->capacity - 1);
}

/* Where the key is, or the free place where it belongs. */
static guint32
find (const PstExpected *expected, guint64 key)
{
  guint32 at = place_of (expected, key);

  while (expected->keys[at] != 0 && expected->keys[at] != key)
    at = (at + 1) & (expected->capacity - 1);
  return at;
}

static void
grow (PstExpected *expected)
{
  PstExpected old = *expected;

  expected->capacity = MAX (16, old.capacity * 2);
  expected->keys = g_new0 (guint64, expected->capacity);
  expected->values = g_new0 (guint8, expected->capacity);
  for (guint32 i = 0; i < old.capacity; i++)
    if (old.keys[i] != 0)
      {
        guint32 at = find (expected, old.keys[i]);
        expected->keys[at] = old.keys[i];
        expected->values[at] = old.values[i];
      }
  g_free (old.keys);
  g_free (old.values);
}

gboolean
pst_expected_add (PstExpected *expected, guint32 peer, guint32 serial, guint8 value)
{
  guint64 key = key_of (peer, serial);
  guint32 at;

  if (expected->n >= PST_EXPECTED_MAX)
    return FALSE;
  if (expected->n * 2 >= expected->capacity)
    grow (expected);
  at = find (expected, key);
  if (expected->keys[at] != 0)
    return FALSE;
  expected->keys[at] = key;
  expected->values[at] = value;
  expected->n++;
  if (expected->total != NULL)
    ++*expected->total;
  return TRUE;
}

guint8
pst_expected_peek (const PstExpected *expected, guint32 peer, guint32 serial)
{
  guint32 at;

  if (expected->n == 0 || serial == 0)
    return 0;
  at = find (expected, key_of (peer, serial));
  return expected->keys[at] != 0 ? expected->values[at] : 0;
}

guint8
pst_expected_take (PstExpected *expected, guint32 peer, guint32 serial)
{
  guint32 mask = expected->capacity - 1, hole, at;
  guint8 value;

  if (expected->n == 0 || serial == 0)
    return 0;
  hole = find (expected, key_of (peer, serial));
  if (expected->keys[hole] == 0)
    return 0;
  value = expected->values[hole];
  expected->keys[hole] = 0;
  expected->n--;
  if (expected->total != NULL)
    --*expected->total;
  /* Those that stand behind it because it was in the way move up, so that no search ends at the hole too early. */
  for (at = (hole + 1) & mask; expected->keys[at] != 0; at = (at + 1) & mask)
    if (((at - place_of (expected, expected->keys[at])) & mask) >= ((at - hole) & mask))
      {
        expected->keys[hole] = expected->keys[at];
        expected->values[hole] = expected->values[at];
        expected->keys[at] = 0;
        hole = at;
      }
  return value;
}

void
pst_expected_keep (PstExpected *expected, GHashTable *peers)
{
  PstExpected old = *expected;

  if (old.total != NULL)
    *old.total -= old.n;
  *expected = (PstExpected){ .total = old.total };
  for (guint32 i = 0; i < old.capacity; i++)
    if (old.keys[i] != 0 && g_hash_table_contains (peers, GUINT_TO_POINTER ((guint32)(old.keys[i] >> 32))))
      pst_expected_add (expected, (guint32)(old.keys[i] >> 32), (guint32)old.keys[i], old.values[i]);
  g_free (old.keys);
  g_free (old.values);
}

void
pst_expected_clear (PstExpected *expected)
{
  if (expected->total != NULL)
    *expected->total -= expected->n;
  g_clear_pointer (&expected->keys, g_free);
  g_clear_pointer (&expected->values, g_free);
  expected->capacity = expected->n = 0;
}
