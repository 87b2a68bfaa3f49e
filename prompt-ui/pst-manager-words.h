/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-services.h"
#include "pst-types.h"

G_BEGIN_DECLS

/* What the manager says, as sentences and parts of them: pure, in the person's language, fit to show as plain text. */

/* What is known of the person's machine, to call things by the names they have there. */
typedef struct
{
  char *home;            /* normalised */
  GPtrArray *user_dirs;  /* of PstUserDir */
  PstServices *services; /* (nullable): then services are called by their names */
} PstPlaces;

PstPlaces *pst_places_new (const char *home, GPtrArray *user_dirs_take, PstServices *services_take);
/* As this person's machine has them: @home, user-dirs.dirs, and the catalogue as the broker reads it. */
PstPlaces *pst_places_read (void);
void pst_places_free (PstPlaces *places);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstPlaces, pst_places_free)

/* "Pictures", "Pictures/2026", "Home", "/media/stick", "Passwords and keys". At most about 80 characters. (transfer full) */
char *pst_words_resource (const PstPlaces *places, PstKind kind, const char *resource);
/* The resource in full, for a tooltip: the path, or the name on the bus. (transfer full) */
char *pst_words_full (PstKind kind, const char *resource);
/* The same with "~" for the person's home, to be read. (transfer full) */
char *pst_words_place (const PstPlaces *places, PstKind kind, const char *resource);
/* A themed icon. */
const char *pst_words_icon (const PstPlaces *places, PstKind kind, const char *resource, PstScope scope);

/* Short enough for a button: "View", "View and change", "Denied", "Looks empty", "Ask". */
const char *pst_words_answer (PstKind kind, PstAccess access, PstAnswer answer);

/* "Always", "Until it is closed", "Until you log out", "Until 24 December" (with the hour on the same day). (transfer full) */
char *pst_words_lifetime (PstLifetime lifetime, gint64 until, gint64 now);

/* "today at 14:03", "yesterday at 9:10", "24 November", "24 November 2025". @now, @when: seconds since 1970; @when 0: "never".
 * (transfer full) */
char *pst_words_when (gint64 when, gint64 now);
/* @text as it stands alone, not within a sentence: it begins with a capital. (transfer full) */
char *pst_words_capital (const char *text);
/* The hour, and the day when it is another: for a table. (transfer full) */
char *pst_words_stamp (gint64 when, gint64 now);

/* "in answer to a question", "by your administrator". NULL for one that is not known. */
const char *pst_words_origin (PstOrigin origin);

/* One line about what happened, as in the history: "Asked to view Pictures". @what as in Control1.ListEvents. (transfer full)
 */
char *pst_words_event (const PstPlaces *places, const char *what, const char *resource, PstAccess access, PstAnswer answer,
                       PstLifetime lifetime, const char *text);
/* For the filter and the column: "Refusals", "Questions". */
const char *pst_words_event_kind (const char *what);

/* PST_KIND_BUS for "session:…" and "system:…", PST_KIND_FILES for paths: the history does not tell. */
PstKind pst_words_kind_of (const char *resource);

/* What a search is compared with, and what is searched for: case folded, as it is shown. (transfer full) */
char *pst_words_search_key (const char *text);

G_END_DECLS
