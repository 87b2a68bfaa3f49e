/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset-private.h"

#include <string.h>

/* Side files
 *
 * Programs do not write a file in place: they make a lock, a swap, a journal or a temporary file beside it, and a backup.
 * Whoever may change the file may do so too, and is not asked again.
 *
 * A pattern is "prefix FILE suffix tail", where the tail is a run of random characters. It is read backwards, from the side
 * file's name to the file's, so that a ruleset can look the file up. Some temporary names do not hold the file's name at all
 * ("anonymous"); they may belong to any file of the directory. That is why such a pattern must be so peculiar that nobody's own
 * files look like it.
 */

typedef enum
{
  TAIL_NONE,
  TAIL_RANDOM, /* exactly so many letters, digits and underscores */
  TAIL_MANY,   /* six up to so many of these */
  TAIL_DIGITS, /* one up to so many */
  TAIL_HEX,    /* exactly so many, capitals */
  TAIL_SWAP,   /* one letter a…p: vim counts down from p */
} Tail;

typedef struct
{
  /* Arrays and not pointers: a table without relocations is shared by all processes. The end stands after the tail. */
  char prefix[24], suffix[16], end[12];
  guint8 prefix_length, suffix_length, end_length;
  guint8 tail; /* Tail */
  guint8 tail_length;
} Pattern;

/* This runs in each decision about a name beside a granted file: the lengths are counted by the compiler. */
#define PATTERN(prefix, suffix, tail, tail_length, end)                                                                        \
  {                                                                                                                            \
    prefix, suffix, end, sizeof prefix - 1, sizeof suffix - 1, sizeof end - 1, tail, tail_length                               \
  }

static const Pattern patterns[] = {
  /* backups */
  PATTERN ("", "~", TAIL_NONE, 0, ""),     /* many editors */
  PATTERN ("", ".~", TAIL_DIGITS, 4, "~"), /* Emacs, cp --backup=numbered */
  PATTERN ("", ".bak", TAIL_NONE, 0, ""),  /* many */
  PATTERN ("", ".BAK", TAIL_NONE, 0, ""),
  PATTERN ("", ".orig", TAIL_NONE, 0, ""), /* patch, merge tools */
  PATTERN ("", ".rej", TAIL_NONE, 0, ""),
  PATTERN ("", ".old", TAIL_NONE, 0, ""),
  PATTERN ("", ".save", TAIL_NONE, 0, ""),     /* nano after a crash */
  PATTERN ("", "_original", TAIL_NONE, 0, ""), /* exiftool */
  PATTERN ("", "_exiftool_tmp", TAIL_NONE, 0, ""),
  /* safe saves */
  PATTERN ("", ".tmp", TAIL_NONE, 0, ""),
  PATTERN (".", ".tmp", TAIL_NONE, 0, ""),
  PATTERN ("", ".temp", TAIL_NONE, 0, ""),
  PATTERN ("", ".new", TAIL_NONE, 0, ""),
  PATTERN ("", ".", TAIL_RANDOM, 6, ""),  /* g_file_set_contents, QSaveFile, mkstemp */
  PATTERN (".", ".", TAIL_RANDOM, 6, ""), /* rsync */
  PATTERN ("", ".", TAIL_RANDOM, 8, ""),  /* Python's tempfile */
  PATTERN (".", ".", TAIL_RANDOM, 8, ""),
  PATTERN ("", ".tmp-", TAIL_RANDOM, 6, ""),
  PATTERN ("", "-", TAIL_RANDOM, 6, ".tmp"),
  PATTERN ("", ".part", TAIL_NONE, 0, ""), /* downloads */
  PATTERN ("", ".crdownload", TAIL_NONE, 0, ""),
  /* locks */
  PATTERN ("", ".lock", TAIL_NONE, 0, ""),  /* git, KDE */
  PATTERN (".", ".lock", TAIL_NONE, 0, ""), /* KeePassXC */
  PATTERN ("", ".lck", TAIL_NONE, 0, ""),
  PATTERN ("", ".LCK", TAIL_NONE, 0, ""),     /* GnuCash */
  PATTERN ("", "-lock", TAIL_NONE, 0, ""),    /* LMDB */
  PATTERN (".~lock.", "#", TAIL_NONE, 0, ""), /* LibreOffice */
  PATTERN ("~$", "", TAIL_NONE, 0, ""),       /* Microsoft Office, OnlyOffice */
  PATTERN (".#", "", TAIL_NONE, 0, ""),       /* Emacs */
  /* swap and automatic saves */
  PATTERN (".", ".sw", TAIL_SWAP, 1, ""),  /* vim: .swp, .swo, … */
  PATTERN ("", ".sw", TAIL_SWAP, 1, ""),   /* … of a file that begins with a dot */
  PATTERN (".", ".un~", TAIL_NONE, 0, ""), /* vim's undo */
  PATTERN ("#", "#", TAIL_NONE, 0, ""),    /* Emacs */
  PATTERN (".", ".kate-swp", TAIL_NONE, 0, ""),
  PATTERN (".", "-autosave.kra", TAIL_NONE, 0, ""), /* Krita */
  PATTERN ("", ".autosave", TAIL_NONE, 0, ""),      /* Qt Creator */
  PATTERN ("", ".autosave.xopp", TAIL_NONE, 0, ""), /* Xournal++ */
  PATTERN (".", ".autosave.xopp", TAIL_NONE, 0, ""),
  PATTERN ("", "@", TAIL_NONE, 0, ""), /* Blender */
  /* data bases */
  PATTERN ("", "-journal", TAIL_NONE, 0, ""), /* SQLite */
  PATTERN ("", "-wal", TAIL_NONE, 0, ""),
  PATTERN ("", "-shm", TAIL_NONE, 0, ""),
  PATTERN ("", "-mj", TAIL_HEX, 9, ""), /* SQLite's super-journal */
  /* what is known about a picture */
  PATTERN ("", ".xmp", TAIL_NONE, 0, ""), /* darktable, digiKam, Shotwell */
  PATTERN ("", ".pp3", TAIL_NONE, 0, ""), /* RawTherapee */
  PATTERN ("", ".out.pp3", TAIL_NONE, 0, ""),
};

static const Pattern anonymous[] = {
  PATTERN (".goutputstream-", "", TAIL_RANDOM, 6, ""),     /* GIO's replace: gedit, mousepad, eog, evince, … */
  PATTERN (".gsf-save-", "", TAIL_RANDOM, 6, ""),          /* Gnumeric, AbiWord */
  PATTERN ("lu", "", TAIL_MANY, 20, ".tmp"),               /* LibreOffice */
  PATTERN ("qt_temp.", "", TAIL_RANDOM, 6, ""),            /* Qt */
  PATTERN ("tmp", "", TAIL_RANDOM, 8, ""),                 /* Python's tempfile */
  PATTERN ("sed", "", TAIL_RANDOM, 6, ""),                 /* sed -i */
  PATTERN ("4913", "", TAIL_NONE, 0, ""),                  /* vim tries whether it can create a file here */
  PATTERN ("5036", "", TAIL_NONE, 0, ""),                  /* … and, if there is one, this */
  PATTERN (".com.google.Chrome.", "", TAIL_RANDOM, 6, ""), /* downloads */
  PATTERN (".org.chromium.Chromium.", "", TAIL_RANDOM, 6, ""),
  PATTERN ("Unconfirmed ", "", TAIL_DIGITS, 8, ".crdownload"),
};

static gboolean
is_random (char c)
{
  return g_ascii_isalnum (c) || c == '_';
}

/* The length of the tail that @name (@length bytes) ends with; -1 if it has none of that kind. */
static gssize
tail_length (const Pattern *pattern, const char *name, gsize length)
{
  gsize n = 0;

  switch (pattern->tail)
    {
    case TAIL_NONE:
      return 0;
    case TAIL_SWAP:
      return length > 0 && name[length - 1] >= 'a' && name[length - 1] <= 'p' ? 1 : -1;
    case TAIL_HEX:
      while (n < length && n < pattern->tail_length && g_ascii_isxdigit (name[length - 1 - n]) &&
             !g_ascii_islower (name[length - 1 - n]))
        n++;
      return n == pattern->tail_length ? (gssize)n : -1;
    case TAIL_RANDOM:
      while (n < length && n < pattern->tail_length && is_random (name[length - 1 - n]))
        n++;
      return n == pattern->tail_length ? (gssize)n : -1;
    case TAIL_MANY:
      while (n < length && n < pattern->tail_length && is_random (name[length - 1 - n]) && length - n > pattern->prefix_length)
        n++;
      return n >= 6 ? (gssize)n : -1;
    case TAIL_DIGITS:
    default:
      while (n < length && n < pattern->tail_length && g_ascii_isdigit (name[length - 1 - n]))
        n++;
      return n > 0 ? (gssize)n : -1;
    }
}

/* A word of six or eight letters after a dot may be an extension ("notes.markdown", beside a file "notes"), unless there is
 * another extension before it, or it is plainly random. */
static gboolean
tail_is_plausible (const char *original, gsize length, const char *tail, gsize n)
{
  if (length > 1 && memchr (original + 1, '.', length - 1) != NULL)
    return TRUE;
  for (gsize i = 0; i < n; i++)
    if (!g_ascii_islower (tail[i]))
      return TRUE;
  return FALSE;
}

/* One look at two characters, which most patterns do not survive. */
static inline gboolean
may_match (const Pattern *pattern, const char *name, gsize length)
{
  gsize after = pattern->tail == TAIL_RANDOM || pattern->tail == TAIL_HEX ? pattern->tail_length : 0;

  if (length <= after || (pattern->prefix_length > 0 && name[0] != pattern->prefix[0]))
    return FALSE;
  if (pattern->end_length > 0)
    return name[length - 1] == pattern->end[pattern->end_length - 1];
  if (pattern->suffix_length == 0 || (pattern->tail != TAIL_NONE && after == 0))
    return TRUE;
  return name[length - 1 - after] == pattern->suffix[pattern->suffix_length - 1];
}

/* Takes the pattern off @name. What is left, perhaps nothing, is [*start, *start + *left). */
static gboolean
match (const Pattern *pattern, const char *name, gsize length, gsize *start, gsize *left)
{
  gsize prefix = pattern->prefix_length, suffix = pattern->suffix_length, end = pattern->end_length;
  gssize tail;

  if (!may_match (pattern, name, length) || length < prefix + suffix + end || memcmp (name, pattern->prefix, prefix) != 0 ||
      memcmp (name + length - end, pattern->end, end) != 0)
    return FALSE;
  length -= end;
  tail = tail_length (pattern, name, length);
  if (tail < 0)
    return FALSE;
  length -= (gsize)tail;
  if (length < prefix + suffix || memcmp (name + length - suffix, pattern->suffix, suffix) != 0)
    return FALSE;
  *start = prefix;
  *left = length - suffix - prefix;
  if (pattern->tail == TAIL_SWAP && prefix == 0 && name[0] != '.')
    return FALSE;
  return pattern->tail != TAIL_RANDOM || suffix != 1 || pattern->suffix[0] != '.' ||
         tail_is_plausible (name + prefix, *left, name + length, (gsize)tail);
}

gboolean
pst_side_file_foreach_original (const char *name, gsize length, PstSideFunc func, gpointer user_data)
{
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    {
      gsize start, left;

      if (!match (&patterns[i], name, length, &start, &left) || left == 0)
        continue;
      if (name[start] == '.' && (left == 1 || (left == 2 && name[start + 1] == '.')))
        continue;
      if (func (name + start, left, user_data))
        return TRUE;
    }
  return FALSE;
}

gboolean
pst_side_file_is_anonymous (const char *name, gsize length)
{
  for (gsize i = 0; i < G_N_ELEMENTS (anonymous); i++)
    {
      gsize start, left;

      if (match (&anonymous[i], name, length, &start, &left) && left == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
is_that_file (const char *original, gsize length, gpointer user_data)
{
  const char *file = user_data;

  return strlen (file) == length && memcmp (file, original, length) == 0;
}

gboolean
pst_is_side_file_by_name (const char *file, const char *name)
{
  return pst_side_file_foreach_original (name, strlen (name), is_that_file, (gpointer)file);
}

gboolean
pst_is_side_file (const char *file, const char *name)
{
  return pst_is_side_file_by_name (file, name) || pst_side_file_is_anonymous (name, strlen (name));
}
