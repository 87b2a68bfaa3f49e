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
  const char *prefix, *suffix;
  Tail tail;
  guint tail_length;
  const char *end; /* after the tail */
} Pattern;

static const Pattern patterns[] = {
  /* backups */
  { "", "~", TAIL_NONE, 0, "" },     /* many editors */
  { "", ".~", TAIL_DIGITS, 4, "~" }, /* Emacs, cp --backup=numbered */
  { "", ".bak", TAIL_NONE, 0, "" },  /* many */
  { "", ".BAK", TAIL_NONE, 0, "" },
  { "", ".orig", TAIL_NONE, 0, "" }, /* patch, merge tools */
  { "", ".rej", TAIL_NONE, 0, "" },
  { "", ".old", TAIL_NONE, 0, "" },
  { "", ".save", TAIL_NONE, 0, "" },     /* nano after a crash */
  { "", "_original", TAIL_NONE, 0, "" }, /* exiftool */
  { "", "_exiftool_tmp", TAIL_NONE, 0, "" },
  /* safe saves */
  { "", ".tmp", TAIL_NONE, 0, "" },
  { ".", ".tmp", TAIL_NONE, 0, "" },
  { "", ".temp", TAIL_NONE, 0, "" },
  { "", ".new", TAIL_NONE, 0, "" },
  { "", ".", TAIL_RANDOM, 6, "" },  /* g_file_set_contents, QSaveFile, mkstemp */
  { ".", ".", TAIL_RANDOM, 6, "" }, /* rsync */
  { "", ".", TAIL_RANDOM, 8, "" },  /* Python's tempfile */
  { ".", ".", TAIL_RANDOM, 8, "" },
  { "", ".tmp-", TAIL_RANDOM, 6, "" },
  { "", "-", TAIL_RANDOM, 6, ".tmp" },
  { "", ".part", TAIL_NONE, 0, "" }, /* downloads */
  { "", ".crdownload", TAIL_NONE, 0, "" },
  /* locks */
  { "", ".lock", TAIL_NONE, 0, "" },  /* git, KDE */
  { ".", ".lock", TAIL_NONE, 0, "" }, /* KeePassXC */
  { "", ".lck", TAIL_NONE, 0, "" },
  { "", ".LCK", TAIL_NONE, 0, "" },     /* GnuCash */
  { "", "-lock", TAIL_NONE, 0, "" },    /* LMDB */
  { ".~lock.", "#", TAIL_NONE, 0, "" }, /* LibreOffice */
  { "~$", "", TAIL_NONE, 0, "" },       /* Microsoft Office, OnlyOffice */
  { ".#", "", TAIL_NONE, 0, "" },       /* Emacs */
  /* swap and automatic saves */
  { ".", ".sw", TAIL_SWAP, 1, "" },  /* vim: .swp, .swo, … */
  { "", ".sw", TAIL_SWAP, 1, "" },   /* … of a file that begins with a dot */
  { ".", ".un~", TAIL_NONE, 0, "" }, /* vim's undo */
  { "#", "#", TAIL_NONE, 0, "" },    /* Emacs */
  { ".", ".kate-swp", TAIL_NONE, 0, "" },
  { ".", "-autosave.kra", TAIL_NONE, 0, "" }, /* Krita */
  { "", ".autosave", TAIL_NONE, 0, "" },      /* Qt Creator */
  { "", ".autosave.xopp", TAIL_NONE, 0, "" }, /* Xournal++ */
  { ".", ".autosave.xopp", TAIL_NONE, 0, "" },
  { "", "@", TAIL_NONE, 0, "" }, /* Blender */
  /* data bases */
  { "", "-journal", TAIL_NONE, 0, "" }, /* SQLite */
  { "", "-wal", TAIL_NONE, 0, "" },
  { "", "-shm", TAIL_NONE, 0, "" },
  { "", "-mj", TAIL_HEX, 9, "" }, /* SQLite's super-journal */
  /* what is known about a picture */
  { "", ".xmp", TAIL_NONE, 0, "" }, /* darktable, digiKam, Shotwell */
  { "", ".pp3", TAIL_NONE, 0, "" }, /* RawTherapee */
  { "", ".out.pp3", TAIL_NONE, 0, "" },
};

static const Pattern anonymous[] = {
  { ".goutputstream-", "", TAIL_RANDOM, 6, "" },     /* GIO's replace: gedit, mousepad, eog, evince, … */
  { ".gsf-save-", "", TAIL_RANDOM, 6, "" },          /* Gnumeric, AbiWord */
  { "lu", "", TAIL_MANY, 20, ".tmp" },               /* LibreOffice */
  { "qt_temp.", "", TAIL_RANDOM, 6, "" },            /* Qt */
  { "tmp", "", TAIL_RANDOM, 8, "" },                 /* Python's tempfile */
  { "sed", "", TAIL_RANDOM, 6, "" },                 /* sed -i */
  { "4913", "", TAIL_NONE, 0, "" },                  /* vim tries whether it can create a file here */
  { "5036", "", TAIL_NONE, 0, "" },                  /* … and, if there is one, this */
  { ".com.google.Chrome.", "", TAIL_RANDOM, 6, "" }, /* downloads */
  { ".org.chromium.Chromium.", "", TAIL_RANDOM, 6, "" },
  { "Unconfirmed ", "", TAIL_DIGITS, 8, ".crdownload" },
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
      while (n < length && n < pattern->tail_length && is_random (name[length - 1 - n]) &&
             length - n > strlen (pattern->prefix))
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

/* Takes the pattern off @name. What is left, perhaps nothing, is [*start, *start + *left). */
static gboolean
match (const Pattern *pattern, const char *name, gsize length, gsize *start, gsize *left)
{
  gsize prefix = strlen (pattern->prefix), suffix = strlen (pattern->suffix), end = strlen (pattern->end);
  gssize tail;

  if (length < prefix + suffix + end || memcmp (name, pattern->prefix, prefix) != 0 ||
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
  return pattern->tail != TAIL_RANDOM || strcmp (pattern->suffix, ".") != 0 ||
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
pst_is_side_file (const char *file, const char *name)
{
  gsize length = strlen (name);

  return pst_side_file_foreach_original (name, length, is_that_file, (gpointer)file) ||
         pst_side_file_is_anonymous (name, length);
}
