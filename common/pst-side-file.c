/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset.h"

#include <string.h>

/* Names of the safe saves, locks and journals that programs put beside a file. Two kinds: those that carry the
 * file's name, and those that carry only a pattern (GIO's .goutputstream-XXXXXX), which a gate must additionally
 * have created itself. '%' stands for the file's name, 'X' for one letter or digit. */
static const char *const patterns[] = {
  "%~",      "%.bak",       "%.orig",    "%.tmp",     "%.lock", "%.part",   "%.new",     "%.xmp",
  ".%.lock", "%-wal",       "%-shm",     "%-journal", ".%.swp", ".%.swo",   ".%.swn",    ".%.swpx",
  ".%.swx",  ".%.un~",      ".~lock.%#", "#%#",       ".#%",    "%.XXXXXX", ".%.XXXXXX", ".goutputstream-XXXXXX",
  "%.save",  ".%.kate-swp",
};

static gboolean
match (const char *pattern, const char *file, const char *name)
{
  for (; *pattern != '\0'; pattern++)
    switch (*pattern)
      {
      case '%':
        {
          gsize n = strlen (file);
          if (strncmp (name, file, n) != 0)
            return FALSE;
          name += n;
        }
        break;
      case 'X':
        if (!g_ascii_isalnum (*name))
          return FALSE;
        name++;
        break;
      default:
        if (*name != *pattern)
          return FALSE;
        name++;
      }
  return *name == '\0';
}

gboolean
pst_is_side_file (const char *file, const char *name)
{
  if (file[0] == '\0' || strchr (name, '/') != NULL || strcmp (file, name) == 0)
    return FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (patterns); i++)
    if (match (patterns[i], file, name))
      return TRUE;
  return FALSE;
}
