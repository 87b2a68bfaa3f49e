/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The administrator's policy as a whole: found, trusted or not, read, and looked up.
 *
 * Trust: what locks a person out must not be writable by that person, nor by anybody else who is not the administrator. So
 * each directory and each file, once opened, must belong to root and be writable by nobody but its owner. (A symbolic link is
 * followed: it leads out of a directory that only root can write, and what it leads to is looked at in the same way.) */
#include "admin-policy-private.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include <glib/gi18n.h>

#include "decide.h"
#include "pst-fd.h"
#include "pst-text.h"

#define SUFFIX ".conf"
#define MAX_READ (64u << 10)

/* clang-format off */
G_DEFINE_QUARK (pst-admin-policy-error-quark, pst_admin_policy_error)
/* clang-format on */

PstAdminRule *
pst_admin_rule_copy (const PstAdminRule *rule)
{
  PstAdminRule *copy = g_memdup2 (rule, sizeof *rule);

  copy->app = g_strdup (rule->app);
  copy->resource = g_strdup (rule->resource);
  return copy;
}

void
pst_admin_rule_free (PstAdminRule *rule)
{
  if (!rule)
    return;
  g_free (rule->app);
  g_free (rule->resource);
  g_free (rule);
}

static GPtrArray *
rules_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify)pst_admin_rule_free);
}

PstAdminPolicy *
pst_admin_policy_new (void)
{
  PstAdminPolicy *policy = g_new0 (PstAdminPolicy, 1);

  policy->rules = rules_new ();
  policy->apps = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  policy->settings = (PstAdminSettings){ -1, -1, -1 };
  policy->sum = g_checksum_new (G_CHECKSUM_SHA256);
  return policy;
}

void
pst_admin_policy_free (PstAdminPolicy *policy)
{
  if (!policy)
    return;
  g_ptr_array_unref (policy->rules);
  g_hash_table_unref (policy->apps);
  g_checksum_free (policy->sum);
  g_free (policy);
}

gboolean
pst_admin_policy_equal (const PstAdminPolicy *a, const PstAdminPolicy *b)
{
  g_autoptr (GChecksum) of_a = a ? g_checksum_copy (a->sum) : NULL, of_b = b ? g_checksum_copy (b->sum) : NULL;

  return a && b ? strcmp (g_checksum_get_string (of_a), g_checksum_get_string (of_b)) == 0 : a == b;
}

/* Reading */

static gboolean
fail (GError **error, const char *path, const char *what)
{
  g_autofree char *shown = pst_text_for_display (path, 200);

  g_set_error (error, PST_ADMIN_POLICY_ERROR, 0, _ ("%s %s. Nothing is started until the administrator’s policy can be read."),
               shown, what);
  return FALSE;
}

static gboolean
fail_errno (GError **error, const char *path, int number)
{
  g_autofree char *what = g_strdup_printf (_ ("cannot be read: %s"), g_strerror (number));

  return fail (error, path, what);
}

static gboolean
check_trust (const PstPolicyPlaces *places, int fd, const char *path, GError **error)
{
  struct stat st;

  if (fstat (fd, &st) < 0)
    return fail_errno (error, path, errno);
  if (st.st_uid != 0 && st.st_uid != places->owner)
    return fail (error, path,
                 _ ("does not belong to root, so that it may not be the administrator’s; give it to root (chown)"));
  if (st.st_mode & (S_IWGRP | S_IWOTH))
    return fail (error, path,
                 _ ("can be written by others than its owner, so that it may not be the administrator’s; take that away (chmod "
                    "go-w)"));
  return TRUE;
}

/* @directory: @path's. */
static gboolean
read_file (PstAdminPolicy *policy, const PstPolicyPlaces *places, PstPolicyForm form, int directory, const char *name,
           const char *path, GError **error)
{
  pst_autofd fd = openat (directory, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GError) why = NULL;
  struct stat st;

  if (fd < 0)
    return fail_errno (error, path, errno);
  if (!check_trust (places, fd, path, error))
    return FALSE;
  if (fstat (fd, &st) < 0 || !S_ISREG (st.st_mode))
    return fail (error, path, _ ("is no file; move it out of that directory"));
  if (st.st_size > MAX_READ)
    return pst_admin_policy_refuse (error, path, 1, _ ("the file is larger than 64 KiB; divide it"));
  if (!(bytes = pst_fd_read_all (fd, MAX_READ, &why)))
    return fail (error, path, why->message);
  return pst_admin_policy_parse (policy, form, g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), path, error);
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const char *const *)a, *(const char *const *)b);
}

/* @taken: (nullable): names of files that stand before those here. */
static gboolean
read_directory (PstAdminPolicy *policy, const PstPolicyPlaces *places, PstPolicyForm form, const char *path, GHashTable *taken,
                GError **error)
{
  pst_autofd fd = open (path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  struct dirent *entry;
  DIR *dir;

  if (fd < 0)
    return errno == ENOENT || errno == ENOTDIR || fail_errno (error, path, errno);
  if (!check_trust (places, fd, path, error))
    return FALSE;
  if (!(dir = fdopendir (fcntl (fd, F_DUPFD_CLOEXEC, 3))))
    return fail_errno (error, path, errno);
  while ((entry = readdir (dir)))
    if (g_str_has_suffix (entry->d_name, SUFFIX) && (!taken || g_hash_table_add (taken, g_strdup (entry->d_name))))
      g_ptr_array_add (names, g_strdup (entry->d_name));
  closedir (dir);
  g_ptr_array_sort (names, compare_names);
  for (guint i = 0; i < names->len; i++)
    {
      g_autofree char *file = g_build_filename (path, names->pdata[i], NULL);

      if (!read_file (policy, places, form, fd, names->pdata[i], file, error))
        return FALSE;
    }
  return TRUE;
}

/* A part that the catalogue does not have would lock nothing, and nobody would notice. */
static gboolean
check_parts (const PstAdminPolicy *policy, const PstServices *services, GError **error)
{
  for (guint i = 0; i < policy->rules->len; i++)
    {
      const PstAdminRule *rule = policy->rules->pdata[i];
      const char *slash = rule->kind == PST_KIND_BUS ? strchr (rule->resource, '/') : NULL;

      if (slash && !pst_services_has_part (services, rule->resource))
        {
          g_autofree char *shown = pst_text_for_display (rule->resource, 120);

          return pst_admin_policy_refuse (error, rule->source, rule->line,
                                          _ ("the catalogue of services has no part “%s” (see postern-policy(5))"), shown);
        }
    }
  return TRUE;
}

PstAdminPolicy *
pst_admin_policy_read (const PstPolicyPlaces *places, const PstServices *services, GError **error)
{
  g_autoptr (PstAdminPolicy) policy = pst_admin_policy_new ();
  g_autoptr (GHashTable) taken = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (char **directory = places->policy; directory && *directory; directory++)
    if (!read_directory (policy, places, PST_POLICY_FORM_POLICY, *directory, taken, error))
      return NULL;
  for (char **directory = places->locks; directory && *directory; directory++)
    if (!read_directory (policy, places, PST_POLICY_FORM_LOCKS, *directory, NULL, error))
      return NULL;
  return check_parts (policy, services, error) ? g_steal_pointer (&policy) : NULL;
}

/* Looking up */

const GPtrArray *
pst_admin_policy_rules (const PstAdminPolicy *policy)
{
  return policy->rules;
}

/* 1 << access for each access that a rule speaks about. */
static guint
spoken_of (const PstAdminRule *rule)
{
  guint bits = 0;

  if (rule->kind == PST_KIND_BUS)
    return 1u << rule->access;
  for (PstAccess access = PST_ACCESS_VIEW; access <= PST_ACCESS_SAVE; access++)
    if (pst_rule_speaks_about (rule->answer, rule->access, access))
      bits |= 1u << access;
  return bits;
}

/* What is left of @general, said for all, beside what was said for one of the same resource: of “deny” for all and “view” for
 * one, denying changes is left. FALSE: nothing is. What cannot be said by one rule stays as it was, and the ruleset goes by
 * the stricter one. */
static gboolean
make_way (PstAdminRule *general, guint spoken)
{
  guint left = spoken_of (general) & ~spoken;

  if (left == 0)
    return FALSE;
  if (general->kind == PST_KIND_FILES && general->answer != PST_ANSWER_ALLOW && general->answer != PST_ANSWER_ASK)
    for (PstAccess access = general->access; access <= PST_ACCESS_SAVE; access++)
      {
        PstAdminRule narrower = *general;

        narrower.access = access;
        if (spoken_of (&narrower) == left)
          general->access = access;
      }
  return TRUE;
}

GPtrArray *
pst_admin_policy_rules_for (const PstAdminPolicy *policy, const PstHost *host, const char *app)
{
  GPtrArray *out = rules_new ();
  guint n_own;

  for (int general = 0; general <= 1; general++)
    {
      n_own = out->len;
      for (guint i = 0; policy && i < policy->rules->len; i++)
        {
          const PstAdminRule *rule = policy->rules->pdata[i];
          PstAdminRule *copy;
          guint spoken = 0;
          char *path;

          if (general ? rule->app != NULL : !rule->app || g_strcmp0 (rule->app, app) != 0)
            continue;
          copy = pst_admin_rule_copy (rule);
          if (rule->kind == PST_KIND_FILES)
            {
              path = pst_decide_expand (host, rule->resource);
              g_free (copy->resource);
              copy->resource = path;
            }
          for (guint k = 0; copy->resource && general && !rule->old && k < n_own; k++)
            {
              const PstAdminRule *own = out->pdata[k];

              if (!own->old && own->tier == rule->tier && own->kind == rule->kind &&
                  strcmp (own->resource, copy->resource) == 0)
                spoken |= spoken_of (own);
            }
          if (copy->resource && (spoken == 0 || make_way (copy, spoken)))
            g_ptr_array_add (out, copy);
          else
            pst_admin_rule_free (copy);
        }
    }
  return out;
}

PstAdminApp
pst_admin_policy_app (const PstAdminPolicy *policy, const char *app)
{
  const PstAdminSwitches none = { -1, -1, -1 };
  const PstAdminSwitches *all = policy ? g_hash_table_lookup (policy->apps, "") : NULL,
                         *one = policy ? g_hash_table_lookup (policy->apps, app) : NULL;

  if (!all)
    all = &none;
  if (!one)
    one = &none;
  return (PstAdminApp){ .strict = (one->strict >= 0 ? one->strict : all->strict) == 1,
                        .locked = (one->locked >= 0 ? one->locked : all->locked) == 1,
                        .no_bus = (one->bus >= 0 ? one->bus : all->bus) == 0 };
}

PstAdminSettings
pst_admin_policy_settings (const PstAdminPolicy *policy)
{
  return policy ? policy->settings : (PstAdminSettings){ -1, -1, -1 };
}
