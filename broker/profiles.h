/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-profile.h"
#include "pst-services.h"

G_BEGIN_DECLS

/* The profiles in a row of directories, most important first: FILE.profile is for the application FILE, or for what its
 * Executables= names. The first file found is the whole profile. */
typedef struct _PstProfiles PstProfiles;

/* @services: outlives it. */
PstProfiles *pst_profiles_new (const PstServices *services, const char *const *directories);
void pst_profiles_free (PstProfiles *profiles);

/* (transfer full) (nullable): NULL without @error if there is none. A profile that cannot be read is an error: it may have been
 * there to restrict. */
PstProfile *pst_profiles_find (PstProfiles *profiles, const char *app, const char *executable, GError **error);

/* The same for whoever only looks, and often: what was found is remembered until pst_profiles_refresh() sees that a file or a
 * directory has changed. A profile that cannot be read is none. (transfer none) (nullable) */
const PstProfile *pst_profiles_peek (PstProfiles *profiles, const char *app, const char *executable);
void pst_profiles_refresh (PstProfiles *profiles);

/* One file. What it says of modules is checked against the catalogue. */
PstProfile *pst_profiles_load (const PstServices *services, const char *path, GError **error);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstProfiles, pst_profiles_free)

G_END_DECLS
