/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-manager-words.h"

#include "pst-path.h"
#include "pst-text.h"
#include "pst-user-dirs.h"

#include <glib/gi18n.h>
#include <string.h>

#define MAX_TITLE 80
#define MAX_FULL 1000

PstKind
pst_words_kind_of (const char *resource)
{
  return g_str_has_prefix (resource, "session:") || g_str_has_prefix (resource, "system:") ||
                 g_str_has_prefix (resource, "a11y:")
             ? PST_KIND_BUS
             : PST_KIND_FILES;
}

/* Resources */

static const PstUserDir *
user_dir_above (const PstPlaces *places, const char *path)
{
  const PstUserDir *best = NULL;

  for (guint i = 0; i < places->user_dirs->len; i++)
    {
      const PstUserDir *dir = g_ptr_array_index (places->user_dirs, i);

      if (pst_path_is_below_or_equal (path, dir->path) && (best == NULL || strlen (dir->path) > strlen (best->path)))
        best = dir;
    }
  return best;
}

/* The translated title, unless the directory has a name of its own. (nullable) */
static const char *
user_dir_title (const PstUserDir *dir)
{
  const char *title = pst_user_dir_title (dir->key), *slash = strrchr (dir->path, '/');

  return title != NULL && slash != NULL && strcmp (slash + 1, title) == 0 ? _ (title) : NULL;
}

static char *
path_title (const PstPlaces *places, const char *path)
{
  const PstUserDir *dir = user_dir_above (places, path);
  const char *title = dir != NULL ? user_dir_title (dir) : NULL;
  g_autofree char *text = NULL;

  if (strcmp (path, places->home) == 0)
    return g_strdup (_ ("Home"));
  if (strcmp (path, "/") == 0)
    return g_strdup (_ ("Everything on this computer"));
  if (title != NULL)
    text = g_strconcat (title, path + strlen (dir->path), NULL);
  else if (pst_path_is_below_or_equal (path, places->home))
    text = g_strdup (path + strlen (places->home) + 1);
  else
    text = g_strdup (path);
  return pst_text_for_display (text, MAX_TITLE);
}

/* "session:NAME/PART" → the catalogue's entry, (nullable) */
static const PstServiceEntry *
service_entry (const PstPlaces *places, const char *resource, const char **name)
{
  const char *colon = strchr (resource, ':'), *slash;
  g_autofree char *bus_word = g_strndup (resource, (gsize)(colon - resource)), *whole = NULL;
  const char *part = NULL;
  PstServiceBus bus;

  *name = colon + 1;
  slash = strchr (*name, '/');
  whole = slash != NULL ? g_strndup (*name, (gsize)(slash - *name)) : g_strdup (*name);
  part = slash != NULL ? slash + 1 : NULL;
  if (places->services == NULL || !pst_service_bus_from_string (bus_word, &bus))
    return NULL;
  if (part != NULL)
    {
      const GPtrArray *entries = pst_services_entries (places->services);

      for (guint i = 0; i < entries->len; i++)
        {
          const PstServiceEntry *entry = g_ptr_array_index (entries, i);

          if ((entry->buses & (1u << bus)) != 0 && g_strcmp0 (entry->part, part) == 0 && strcmp (entry->name, whole) == 0)
            return entry;
        }
    }
  return pst_services_lookup (places->services, NULL, bus, whole, NULL, NULL, 0).entry;
}

static char *
service_title (const PstPlaces *places, const char *resource)
{
  const char *name;
  PstServiceMatch match = { .entry = service_entry (places, resource, &name) };
  g_autofree char *title = pst_service_match_title (&match, name);
  g_autofree char *shown = pst_text_for_display (title, MAX_TITLE);
  gunichar first = g_utf8_get_char (shown);

  /* in a question it stands within a sentence, here alone */
  if (g_unichar_islower (first))
    {
      char upper[7] = { 0 };

      g_unichar_to_utf8 (g_unichar_toupper (first), upper);
      return g_strconcat (upper, g_utf8_next_char (shown), NULL);
    }
  return g_steal_pointer (&shown);
}

char *
pst_words_resource (const PstPlaces *places, PstKind kind, const char *resource)
{
  if (kind == PST_KIND_BUS && pst_words_kind_of (resource) == PST_KIND_BUS)
    return service_title (places, resource);
  if (kind == PST_KIND_FILES && *resource == '/')
    return path_title (places, resource);
  return pst_text_for_display (resource, MAX_TITLE);
}

char *
pst_words_full (PstKind kind, const char *resource)
{
  return pst_text_for_display (resource, MAX_FULL);
}

char *
pst_words_place (const PstPlaces *places, PstKind kind, const char *resource)
{
  g_autofree char *short_form = NULL;

  if (kind == PST_KIND_FILES && pst_path_is_below_or_equal (resource, places->home))
    short_form = g_strconcat ("~", resource + strlen (places->home), NULL);
  return pst_text_for_display (short_form ? short_form : resource, MAX_FULL);
}

const char *
pst_words_icon (const PstPlaces *places, PstKind kind, const char *resource, PstScope scope)
{
  static const struct
  {
    const char *key, *icon;
  } icons[] = {
    { "DESKTOP", "user-desktop" },           { "DOWNLOAD", "folder-download" },   { "TEMPLATES", "folder-templates" },
    { "PUBLICSHARE", "folder-publicshare" }, { "DOCUMENTS", "folder-documents" }, { "MUSIC", "folder-music" },
    { "PICTURES", "folder-pictures" },       { "VIDEOS", "folder-videos" },
  };

  if (kind == PST_KIND_BUS && pst_words_kind_of (resource) == PST_KIND_BUS)
    {
      const char *name;
      const PstServiceEntry *entry = service_entry (places, resource, &name);

      return entry != NULL && entry->icon != NULL && *entry->icon != '\0' ? entry->icon : "preferences-system";
    }
  if (strcmp (resource, places->home) == 0)
    return "user-home";
  if (scope == PST_SCOPE_FILE)
    return "text-x-generic";
  for (guint i = 0; i < places->user_dirs->len; i++)
    {
      const PstUserDir *dir = g_ptr_array_index (places->user_dirs, i);

      for (gsize k = 0; k < G_N_ELEMENTS (icons) && strcmp (dir->path, resource) == 0; k++)
        if (strcmp (icons[k].key, dir->key) == 0)
          return icons[k].icon;
    }
  if (g_str_has_prefix (resource, "/media") || g_str_has_prefix (resource, "/run/media") || g_str_has_prefix (resource, "/mnt"))
    return "drive-removable-media";
  return "folder";
}

/* What is allowed */

const char *
pst_words_answer (PstKind kind, PstAccess access, PstAnswer answer)
{
  switch (answer)
    {
    case PST_ANSWER_ALLOW:
      break;
    case PST_ANSWER_DENY:
      return C_ ("access", "Denied");
    case PST_ANSWER_HIDE:
      return C_ ("access", "Looks empty");
    case PST_ANSWER_PRIVATE:
      return C_ ("access", "Private copy");
    case PST_ANSWER_ASK:
      return C_ ("access", "Ask");
    default:
      return C_ ("access", "Unknown");
    }
  if (kind != PST_KIND_FILES)
    return C_ ("access", "Allowed");
  switch (access)
    {
    case PST_ACCESS_VIEW:
      return C_ ("access", "View");
    case PST_ACCESS_CHANGE:
      return C_ ("access", "View and change");
    case PST_ACCESS_SAVE:
      return C_ ("access", "Save new files");
    default:
      return C_ ("access", "Allowed");
    }
}

const char *
pst_words_origin (PstOrigin origin)
{
  switch (origin)
    {
    case PST_ORIGIN_QUESTION:
      return _ ("in answer to a question");
    case PST_ORIGIN_SHEET:
      return _ ("when it was started for the first time");
    case PST_ORIGIN_MANAGER:
      return _ ("in this window");
    case PST_ORIGIN_COMMAND:
      return _ ("by a command");
    case PST_ORIGIN_REFUSAL:
      return _ ("after it had been refused");
    case PST_ORIGIN_IMPORT:
      return _ ("by an import");
    case PST_ORIGIN_PROFILE:
      return _ ("by its packager");
    case PST_ORIGIN_ADMINISTRATOR:
      return _ ("by your administrator");
    default:
      return NULL;
    }
}

/* Time */

static gint
days_between (GDateTime *from, GDateTime *to)
{
  GDate a, b;

  g_date_clear (&a, 1);
  g_date_clear (&b, 1);
  g_date_set_dmy (&a, (GDateDay)g_date_time_get_day_of_month (from), (GDateMonth)g_date_time_get_month (from),
                  (GDateYear)g_date_time_get_year (from));
  g_date_set_dmy (&b, (GDateDay)g_date_time_get_day_of_month (to), (GDateMonth)g_date_time_get_month (to),
                  (GDateYear)g_date_time_get_year (to));
  return g_date_days_between (&a, &b);
}

/* "24 November", with the year when it is another. */
static char *
day_text (GDateTime *when, GDateTime *now)
{
  /* Translators: a day, as for strftime(): "24 November" */
  const char *same_year = _ ("%-d %B");
  /* Translators: a day of another year: "24 November 2025" */
  const char *other_year = _ ("%-d %B %Y");

  return g_date_time_format (when, g_date_time_get_year (when) == g_date_time_get_year (now) ? same_year : other_year);
}

char *
pst_words_when (gint64 seconds, gint64 now_seconds)
{
  g_autoptr (GDateTime) when = seconds > 0 ? g_date_time_new_from_unix_local (seconds) : NULL;
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (now_seconds);

  if (when == NULL || now == NULL)
    return g_strdup (C_ ("time", "never"));
  switch (days_between (when, now))
    {
    case 0:
      /* Translators: as for strftime() */
      return g_date_time_format (when, _ ("today at %H:%M"));
    case 1:
      return g_date_time_format (when, _ ("yesterday at %H:%M"));
    default:
      return day_text (when, now);
    }
}

char *
pst_words_capital (const char *text)
{
  GString *capital = g_string_new (NULL);

  if (*text == '\0')
    return g_string_free (capital, FALSE);
  g_string_append_unichar (capital, g_unichar_totitle (g_utf8_get_char (text)));
  g_string_append (capital, g_utf8_next_char (text));
  return g_string_free (capital, FALSE);
}

char *
pst_words_stamp (gint64 seconds, gint64 now_seconds)
{
  g_autoptr (GDateTime) when = seconds > 0 ? g_date_time_new_from_unix_local (seconds) : NULL;
  g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (now_seconds);

  if (when == NULL || now == NULL)
    return g_strdup ("");
  if (days_between (when, now) == 0)
    return g_date_time_format (when, "%H:%M:%S");
  /* Translators: day and hour in a table, as for strftime(): "24 Nov, 14:03" */
  return g_date_time_format (when, g_date_time_get_year (when) == g_date_time_get_year (now) ? _ ("%-d %b, %H:%M")
                                                                                             : _ ("%-d %b %Y, %H:%M"));
}

char *
pst_words_lifetime (PstLifetime lifetime, gint64 until, gint64 now_seconds)
{
  switch (lifetime)
    {
    case PST_LIFETIME_ONCE:
      return g_strdup (_ ("Until it is closed"));
    case PST_LIFETIME_SESSION:
      return g_strdup (_ ("Until you log out"));
    case PST_LIFETIME_UNTIL:
      {
        g_autoptr (GDateTime) when = g_date_time_new_from_unix_local (until);
        g_autoptr (GDateTime) now = g_date_time_new_from_unix_local (now_seconds);
        g_autofree char *day = NULL;

        if (when == NULL || now == NULL)
          break;
        if (days_between (now, when) <= 1)
          return g_date_time_format (when,
                                     days_between (now, when) <= 0 ? _ ("Until %H:%M today") : _ ("Until %H:%M tomorrow"));
        day = day_text (when, now);
        /* Translators: a day: "24 November" */
        return g_strdup_printf (_ ("Until %s"), day);
      }
    default:
      break;
    }
  return g_strdup (_ ("Always"));
}

/* History */

const char *
pst_words_event_kind (const char *what)
{
  static const struct
  {
    const char *what, *label;
  } kinds[] = {
    { "asked", N_ ("Questions") },
    { "answered", N_ ("Answers") },
    { "granted", N_ ("Permissions given") },
    { "used", N_ ("First uses") },
    { "refused", N_ ("Refusals") },
    { "revoked", N_ ("Permissions taken back") },
    { "started", N_ ("Starts") },
    { "ended", N_ ("Ends") },
    { "left out", N_ ("Left out") },
    { "expired", N_ ("Permissions that ended") },
    { "changed", N_ ("Changes") },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (strcmp (kinds[i].what, what) == 0)
      return _ (kinds[i].label);
  return NULL;
}

static char *
access_sentence (const char *view, const char *change, const char *save, const char *use, PstKind kind, PstAccess access,
                 const char *title)
{
  const char *format = kind == PST_KIND_BUS          ? use
                       : access == PST_ACCESS_CHANGE ? change
                       : access == PST_ACCESS_SAVE   ? save
                                                     : view;
  const char *hole = strstr (format, "%s");

  /* put together by hand: the format is a translator's */
  return hole != NULL ? g_strdup_printf ("%.*s%s%s", (int)(hole - format), format, title, hole + 2) : g_strdup (title);
}

char *
pst_words_event (const PstPlaces *places, const char *what, const char *resource, PstAccess access, PstAnswer answer,
                 PstLifetime lifetime, const char *text)
{
  PstKind kind = pst_words_kind_of (resource);
  g_autofree char *title = *resource != '\0' ? pst_words_resource (places, kind, resource) : NULL;
  g_autofree char *shown = pst_text_for_display (text, MAX_FULL);

  if (strcmp (what, "started") == 0)
    return g_strdup (_ ("Started"));
  if (strcmp (what, "ended") == 0)
    return g_strdup (_ ("Closed"));
  if (title == NULL)
    {
      if (strcmp (what, "revoked") == 0)
        return g_strdup (_ ("All permissions were taken back"));
      return *shown != '\0' ? g_steal_pointer (&shown) : pst_text_for_display (what, MAX_TITLE);
    }
  if (strcmp (what, "asked") == 0)
    return access_sentence (_ ("Asked to view %s"), _ ("Asked to view and change %s"), _ ("Asked to save to %s"),
                            _ ("Asked to use %s"), kind, access, title);
  if (strcmp (what, "refused") == 0 ||
      (answer == PST_ANSWER_DENY && (strcmp (what, "answered") == 0 || strcmp (what, "changed") == 0)))
    return access_sentence (_ ("Was refused to view %s"), _ ("Was refused to change %s"), _ ("Was refused to save to %s"),
                            _ ("Was refused to use %s"), kind, access, title);
  if (strcmp (what, "granted") == 0 ||
      (answer == PST_ANSWER_ALLOW && (strcmp (what, "answered") == 0 || strcmp (what, "changed") == 0)))
    return access_sentence (_ ("Was allowed to view %s"), _ ("Was allowed to view and change %s"),
                            _ ("Was allowed to save to %s"), _ ("Was allowed to use %s"), kind, access, title);
  if (strcmp (what, "revoked") == 0 || strcmp (what, "expired") == 0)
    return access_sentence (_ ("May no longer view %s"), _ ("May no longer change %s"), _ ("May no longer save to %s"),
                            _ ("May no longer use %s"), kind, access, title);
  if (strcmp (what, "used") == 0)
    return access_sentence (_ ("Viewed %s for the first time"), _ ("Changed %s for the first time"),
                            _ ("Saved to %s for the first time"), _ ("Used %s for the first time"), kind, access, title);
  if (strcmp (what, "answered") == 0)
    return access_sentence ("%s", "%s", "%s", "%s", kind, access, title);
  return g_strdup_printf ("%s: %s", pst_words_event_kind (what) != NULL ? pst_words_event_kind (what) : what, title);
}

/* Search */

char *
pst_words_search_key (const char *text)
{
  g_autofree char *shown = NULL;
  const guchar *p = (const guchar *)text;

  /* nearly all names */
  while ((*p >= 0x20 && *p < 0x7F) || *p == '\n')
    p++;
  if (*p == '\0')
    return g_ascii_strdown (text, -1);
  shown = pst_text_for_display (text, MAX_FULL);
  return g_utf8_casefold (shown, -1);
}
