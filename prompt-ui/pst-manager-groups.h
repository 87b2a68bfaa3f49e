/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-manager-data.h"

G_BEGIN_DECLS

/* The second view of the one truth: not what an application may reach, but who may reach a place. Pure. */

/* A place that people have a name for: a user directory, another folder of the home, a stick, a service. */
typedef struct
{
  PstKind kind;
  char *resource; /* "/home/u/Pictures", "session:org.freedesktop.secrets" */
  char *title;
  const char *icon;
  char *key;
  GPtrArray *entries; /* at it and below (element-type PstEntry) */
  guint n_apps;       /* that are let in, to all or part of it, by a rule at it or below */
} PstGroup;

/* Of the applications' entries. In the order in which they are shown: user directories, other folders, then services, by title.
 * (transfer full) (element-type PstGroup) */
GPtrArray *pst_groups_build (const PstPlaces *places, const GPtrArray *apps);

/* Those of @groups' entries that speak of all of @group: at it, or, for files, above it. (transfer container) */
GPtrArray *pst_group_whole (const GPtrArray *groups, const PstGroup *group);
/* Those that speak of a part of it. (transfer container) */
GPtrArray *pst_group_parts (const PstGroup *group);

/* Applications, groups and entries that @needle (of pst_words_search_key(); "" or NULL: all) is found in. An application is
 * found by its own name as well as by what it may reach. (transfer container) */
GPtrArray *pst_filter_apps (const GPtrArray *apps, const char *needle);
GPtrArray *pst_filter_groups (const GPtrArray *groups, const char *needle);
GPtrArray *pst_filter_entries (const GPtrArray *entries, const char *needle);

G_END_DECLS
