/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sheet-lines.h"

#include <string.h>

#include <glib/gi18n.h>

#include "bus-rules.h"
#include "pst-path.h"
#include "pst-text.h"
#include "scopes.h"

#define MAX_DETAIL 120

void
pst_sheet_line_free (PstSheetLine *line)
{
  if (!line)
    return;
  pst_grantable_clear (&line->found);
  g_free (line->resource);
  g_free (line->label);
  g_free (line->detail);
  g_free (line);
}

gboolean
pst_sheet_wants_any (const PstSandbox *sandbox)
{
  const GPtrArray *wants = sandbox->profile ? pst_profile_get_wants (sandbox->profile) : NULL;

  return wants ? wants->len > 0 : sandbox->app->wants != NULL;
}

char *
pst_sheet_quotable (const char *reason, gsize max_chars)
{
  static const gunichar quotes[] = { '"',    0x00AB, 0x00BB, 0x201C, 0x201D, 0x201E, 0x201F, 0x2039, 0x203A,
                                     0x2E42, 0x301D, 0x301E, 0x301F, 0x300C, 0x300D, 0x300E, 0x300F, 0xFF02 };
  g_autofree char *shown = pst_text_for_display (reason, max_chars);
  GString *out = g_string_new (NULL);

  for (const char *p = shown; *p; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      for (gsize i = 0; i < G_N_ELEMENTS (quotes); i++)
        if (c == quotes[i])
          c = 0x2019;
      g_string_append_unichar (out, c);
    }
  return g_string_free (out, FALSE);
}

static const char *
icon_of_place (const PstHost *host, const char *path, gboolean is_dir)
{
  static const struct
  {
    const char *key, *icon;
  } icons[] = {
    { "DESKTOP", "user-desktop" },       { "DOCUMENTS", "folder-documents" }, { "DOWNLOAD", "folder-download" },
    { "MUSIC", "folder-music" },         { "PICTURES", "folder-pictures" },   { "PUBLICSHARE", "folder-publicshare" },
    { "TEMPLATES", "folder-templates" }, { "VIDEOS", "folder-videos" },
  };
  const PstUserDir *dir = pst_host_user_dir (host, path);

  for (gsize i = 0; dir && strcmp (dir->path, path) == 0 && i < G_N_ELEMENTS (icons); i++)
    if (strcmp (dir->key, icons[i].key) == 0)
      return icons[i].icon;
  return is_dir ? "folder" : "text-x-generic";
}

static char *
label_of_place (const PstHost *host, const char *path, PstAccess access, gboolean is_dir)
{
  const PstUserDir *dir = pst_host_user_dir (host, path);
  gboolean is_user_dir = dir && strcmp (dir->path, path) == 0;
  g_autofree char *name = is_user_dir ? pst_scopes_user_dir_name (host, path) : pst_scopes_short_path (host, path);

  switch (access)
    {
    case PST_ACCESS_CHANGE:
      return g_strdup_printf (is_user_dir ? _ ("View and change your %s")
                              : is_dir    ? _ ("View and change the folder “%s”")
                                          : _ ("View and change the file “%s”"),
                              name);
    case PST_ACCESS_SAVE:
      return g_strdup_printf (is_user_dir ? _ ("Save files in your %s")
                              : is_dir    ? _ ("Save files in the folder “%s”")
                                          : _ ("Save the file “%s”"),
                              name);
    default:
      return g_strdup_printf (is_user_dir ? _ ("View your %s")
                              : is_dir    ? _ ("View the folder “%s”")
                                          : _ ("View the file “%s”"),
                              name);
    }
}

/* NULL: not to be offered. */
static PstSheetLine *
line_of_files (PstSandbox *sandbox, const PstWant *want)
{
  const PstHost *host = sandbox->broker->host;
  g_autofree char *path = pst_decide_expand (host, want->resource), *problem = NULL, *shown = NULL;
  g_auto (PstGrantable) found = { 0 };
  PstDecision decision;
  gboolean by_default;
  PstSheetLine *line;

  if (!path)
    return NULL;
  problem = pst_grantable_check (sandbox, path, want->access, FALSE, FALSE, &found);
  if (problem)
    return NULL;
  pst_ruleset_decide (sandbox->ruleset, path, want->access, &decision);
  by_default = decision.answer == PST_ANSWER_ALLOW && decision.rule && decision.rule->tier == PST_TIER_DEFAULT;
  if ((decision.answer != PST_ANSWER_ASK && !by_default) || decision.protected_by)
    return NULL;
  line = g_new0 (PstSheetLine, 1);
  line->on = by_default;
  line->kind = PST_KIND_FILES;
  line->scope = found.is_dir ? PST_SCOPE_TREE : PST_SCOPE_FILE;
  line->access = want->access;
  line->label = label_of_place (host, path, want->access, found.is_dir);
  line->icon = icon_of_place (host, path, found.is_dir);
  shown = pst_path_abbreviate (path, host->home);
  line->detail = pst_text_for_display (shown, MAX_DETAIL);
  line->resource = g_steal_pointer (&path);
  line->found = found;
  found.real = NULL;
  /* A single file that may be saved may be read again: it holds nothing but what was saved. */
  if (!line->found.is_dir && line->access == PST_ACCESS_SAVE)
    line->access = PST_ACCESS_CHANGE;
  return line;
}

static PstSheetLine *
line_of_service (PstSandbox *sandbox, const PstWant *want)
{
  const PstServices *services = sandbox->broker->services;
  PstServiceBus bus = g_str_has_prefix (want->resource, "system:") ? PST_SERVICE_BUS_SYSTEM : PST_SERVICE_BUS_SESSION;
  const char *name = strchr (want->resource, ':') + 1, *icon;
  const char *const *modules = sandbox->profile ? pst_profile_get_modules (sandbox->profile) : NULL;
  PstServiceMatch match = pst_services_lookup (services, modules, bus, name, NULL, NULL, 0);
  g_autofree char *title = NULL;
  PstDecideInput input;
  PstSheetLine *line;
  PstAnswer answer;
  gboolean by_default;

  /* What the catalogue does not know could only be shown by a name that the packager chose. */
  if (!match.entry || match.verdict == PST_SERVICE_QUIET)
    return NULL;
  /* Refused as a whole it may still be asked for in part; never otherwise. */
  pst_broker_decide_input (sandbox->broker, sandbox, &input);
  answer = pst_bus_rules_decide (&input, services, want->resource);
  by_default = answer == PST_ANSWER_ALLOW && pst_bus_rules_says (&input, want->resource).tier == PST_TIER_DEFAULT;
  pst_decide_input_clear (&input);
  if (answer != PST_ANSWER_ASK && !by_default)
    return NULL;
  title = pst_service_match_title (&match, name);
  icon = pst_service_match_icon (&match);
  line = g_new0 (PstSheetLine, 1);
  line->on = by_default;
  line->kind = PST_KIND_BUS;
  line->resource = g_strdup (want->resource);
  line->scope = PST_SCOPE_FILE;
  line->access = PST_ACCESS_TALK;
  /* Translators: to use a service, such as “Passwords and keys” */
  line->label = g_strdup_printf (_ ("Use %s"), title);
  line->detail = g_strdup (pst_service_match_risk (&match));
  line->icon = icon && *icon ? icon : "application-x-addon";
  return line;
}

static gboolean
is_there (const GPtrArray *lines, const PstSheetLine *line)
{
  for (guint i = 0; i < lines->len; i++)
    if (strcmp (((PstSheetLine *)lines->pdata[i])->resource, line->resource) == 0)
      return TRUE;
  return FALSE;
}

GPtrArray *
pst_sheet_lines_new (PstSandbox *sandbox, gboolean has_bus)
{
  GPtrArray *lines = g_ptr_array_new_with_free_func ((GDestroyNotify)pst_sheet_line_free);
  const GPtrArray *wants = sandbox->profile ? pst_profile_get_wants (sandbox->profile) : NULL;
  g_autoptr (GPtrArray) written = wants ? NULL : pst_wants_parse (sandbox->app->wants);

  if (!wants)
    wants = written;
  for (guint i = 0; wants && i < wants->len && lines->len < PST_SHEET_MAX_LINES; i++)
    {
      const PstWant *want = wants->pdata[i];
      PstSheetLine *line = NULL;

      if (want->kind == PST_KIND_FILES && !sandbox->quiet)
        line = line_of_files (sandbox, want);
      else if (want->kind == PST_KIND_BUS && has_bus)
        line = line_of_service (sandbox, want);
      if (line && !is_there (lines, line))
        g_ptr_array_add (lines, line);
      else
        pst_sheet_line_free (line);
    }
  return lines;
}
