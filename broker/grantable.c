/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "grantable.h"

#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "decide.h"
#include "facts.h"
#include "look.h"
#include "pst-path.h"
#include "pst-text.h"

void
pst_grantable_clear (PstGrantable *grantable)
{
  g_clear_pointer (&grantable->real, g_free);
}

typedef enum
{
  FINE = 0,
  NOT_WHOLE,
  ELSEWHERE,
  TOO_MUCH,
  PROTECTED,
  PRIVATE_NAME,
  LOCKED,
  MISSING,
  NO_FOLDER,
  NO_FILE,
  ASTRAY,
} Problem;

static char *
word (const PstHost *host, const char *path, Problem problem)
{
  g_autofree char *short_path = pst_path_abbreviate (path, host->home), *shown = pst_text_for_display (short_path, 200);

  switch (problem)
    {
    case FINE:
      break;
    case NOT_WHOLE:
      return g_strdup_printf (_ ("“%s” is not a whole path; give it from “/” on, without “.” and “..”."), shown);
    case ELSEWHERE:
      return g_strdup_printf (_ ("%s is not in your home, /media, /run/media, /mnt or /srv: applications see the rest of the "
                                 "system anyway, or never. Name a folder in one of these."),
                              shown);
    case TOO_MUCH:
      return g_strdup_printf (_ ("%s is a whole home or file system: name a folder in it."), shown);
    case PROTECTED:
      return g_strdup_printf (_ ("%s holds keys, passwords or settings that other programs obey, and is not given this way. "
                                 "Name another folder."),
                              shown);
    case PRIVATE_NAME:
      return g_strdup_printf (
          _ ("%s is a name that begins with a dot: every application has its own there. Name another folder."), shown);
    case LOCKED:
      return g_strdup_printf (_ ("Your administrator does not let this application have %s."), shown);
    case MISSING:
      return g_strdup_printf (_ ("%s does not exist, or cannot be reached. Name a folder that is there."), shown);
    case NO_FOLDER:
      return g_strdup_printf (_ ("%s is not a folder. Name the folder that it is in."), shown);
    case NO_FILE:
      return g_strdup_printf (_ ("%s is neither a folder nor a file."), shown);
    case ASTRAY:
      return g_strdup_printf (
          _ ("%s leads, through a symbolic link, to what is not given under another name. Name the folder itself."), shown);
    }
  return NULL;
}

/* What can be said without looking at the disk. */
static Problem
problem_of_path (const PstHost *host, const char *path)
{
  if (!pst_path_is_normal (path))
    return NOT_WHOLE;
  if (!pst_host_gate_root (host, path))
    return ELSEWHERE;
  if (pst_host_is_root_or_above (host, path))
    return TOO_MUCH;
  if (pst_host_protected_above (host, path))
    return PROTECTED;
  if (pst_decide_is_private_name (host, path))
    return PRIVATE_NAME;
  return FINE;
}

static gboolean
is_locked (PstSandbox *sandbox, const char *path, PstAccess access)
{
  PstDecision decision;

  pst_ruleset_decide (sandbox->ruleset, path, access, &decision);
  return decision.answer != PST_ANSWER_ALLOW && decision.rule && decision.rule->tier == PST_TIER_LOCK;
}

/* What is there, and whether it is what it is called. */
static Problem
look (PstSandbox *sandbox, const char *path, gboolean need_dir, gboolean named, PstGrantable *out)
{
  struct stat st;

  out->real = pst_host_real_path (path);
  if (!out->real || pst_look (out->real, FALSE, &st) < 0)
    return MISSING;
  if (need_dir && !S_ISDIR (st.st_mode))
    return NO_FOLDER;
  if (!S_ISDIR (st.st_mode) && !S_ISREG (st.st_mode))
    return NO_FILE;
  if (pst_facts_leads_astray (sandbox, path, out->real, FALSE, named))
    return ASTRAY;
  out->is_dir = S_ISDIR (st.st_mode);
  out->device = (guint64)st.st_dev;
  out->inode = (guint64)st.st_ino;
  return FINE;
}

char *
pst_grantable_check (PstSandbox *sandbox, const char *path, PstAccess access, gboolean need_dir, gboolean named,
                     PstGrantable *out)
{
  const PstHost *host = sandbox->broker->host;
  Problem problem = problem_of_path (host, path);

  *out = (PstGrantable){ 0 };
  if (problem == FINE && is_locked (sandbox, path, access))
    problem = LOCKED;
  if (problem == FINE)
    problem = look (sandbox, path, need_dir, named, out);
  if (problem != FINE)
    pst_grantable_clear (out);
  return word (host, path, problem);
}

gboolean
pst_grantable_unchanged (const char *path, const PstGrantable *grantable)
{
  g_autofree char *real = pst_host_real_path (path);
  struct stat st;

  return g_strcmp0 (real, grantable->real) == 0 && pst_look (real, FALSE, &st) == 0 &&
         (guint64)st.st_dev == grantable->device && (guint64)st.st_ino == grantable->inode;
}
