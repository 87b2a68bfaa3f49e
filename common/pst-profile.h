/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"
#include "pst-want.h"

G_BEGIN_DECLS

/* A profile: what a packager, an administrator or a user says of an application beforehand. A key file:
 *
 *   [Application]
 *   Name=Image Viewer            (overrides the desktop file)
 *   Icon=eog
 *   Executables=eog;             (resolved names or absolute paths this profile is for)
 *   SuggestAccess=view           (what a first question preselects: view or change)
 *   Strict=false                 (serve every grant through the gate, cut at revocation)
 *   Sys=false                    (show /sys)
 *   NestedNamespaces=false       (a browser's own sandbox)
 *   Bus=true                     (the message buses, through the proxy that asks)
 *   Modules=media-player;        (kinds of application that the catalogue of services knows)
 *   Reason=…                     (one line: why it needs what it asks for)
 *   OneFolder=view               (view or change: the person picks the one folder that it sees, and all else is hidden)
 *
 *   [Files]
 *   xdg:PICTURES=view            (allow|view|change|save|deny|hide|private|ask; "view" = allow view, …)
 *   ~/Projects=change
 *   /srv/media=hide
 *
 *   [Wants]                      (what the sheet of the first start offers, each with a switch; it allows nothing by itself)
 *   xdg:PICTURES=view            (view|change|save)
 *   session:org.freedesktop.secrets=talk
 *
 * Keys that are unknown, duplicate keys, NUL bytes, files over 64 KiB, paths that are not absolute, "~/…" or "xdg:NAME": errors
 * with line and key named. */
typedef struct _PstProfile PstProfile;

/* The most that Modules= may name. */
#define PST_PROFILE_MAX_MODULES 8

typedef struct
{
  const char *path; /* as written: "xdg:PICTURES", "~/Projects", "/srv/media" */
  PstAccess access;
  PstAnswer answer;
} PstProfileRule;

/* @label names the file in messages. */
PstProfile *pst_profile_parse (const char *data, gsize size, const char *label, GError **error);
PstProfile *pst_profile_load (const char *path, GError **error);
void pst_profile_free (PstProfile *profile);

const char *pst_profile_get_file (const PstProfile *profile);   /* (nullable): what it was loaded from */
const char *pst_profile_get_name (const PstProfile *profile);   /* (nullable) */
const char *pst_profile_get_icon (const PstProfile *profile);   /* (nullable) */
const char *pst_profile_get_reason (const PstProfile *profile); /* (nullable) */
const char *const *pst_profile_get_executables (const PstProfile *profile);
PstAccess pst_profile_get_suggested_access (const PstProfile *profile); /* 0: says nothing */
gboolean pst_profile_get_strict (const PstProfile *profile);
gboolean pst_profile_get_sys (const PstProfile *profile);
gboolean pst_profile_get_nested_namespaces (const PstProfile *profile);
gboolean pst_profile_get_bus (const PstProfile *profile);               /* TRUE if it says nothing */
const char *const *pst_profile_get_modules (const PstProfile *profile); /* names, perhaps of none that there is */
/* (nullable) (element-type PstWant): NULL if there is no [Wants]; it may be empty. */
const GPtrArray *pst_profile_get_wants (const PstProfile *profile);
PstAccess pst_profile_get_one_folder (const PstProfile *profile); /* 0: it is not kept to one folder */
const PstProfileRule *pst_profile_get_rules (const PstProfile *profile, gsize *n_rules);

#define PST_PROFILE_ERROR (pst_profile_error_quark ())
GQuark pst_profile_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstProfile, pst_profile_free)

G_END_DECLS
