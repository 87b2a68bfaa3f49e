/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz.h"

#include "pst-path.h"
#include "pst-profile.h"

#include <string.h>

/* Profiles come from packagers, administrators and users. What is refused says why in one line; what is accepted holds nothing
 * but what it may. */

/* Of a profile, or of a desktop file: few, and each of a form that a rule could have. */
static void
check_wants (const GPtrArray *wants)
{
  g_assert_true (wants == NULL || wants->len <= PST_MAX_WANTS);
  for (guint i = 0; wants != NULL && i < wants->len; i++)
    {
      const PstWant *want = wants->pdata[i];

      g_assert_true (want->kind == PST_KIND_BUS ? want->access == PST_ACCESS_TALK
                                                : want->access >= PST_ACCESS_VIEW && want->access <= PST_ACCESS_SAVE);
      g_assert_true (g_utf8_validate (want->resource, -1, NULL));
      if (want->kind == PST_KIND_FILES)
        g_assert_true (strstr (want->resource, "/../") == NULL && !g_str_has_suffix (want->resource, "/.."));
    }
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t size)
{
  g_autofree char *text = g_strndup ((const char *)data, size);
  g_autoptr (GPtrArray) wants = pst_wants_parse (text);
  g_autoptr (GError) error = NULL;
  g_autoptr (PstProfile) profile = pst_profile_parse ((const char *)data, size, "fuzz", &error);
  const PstProfileRule *rules;
  gsize n_rules;

  check_wants (wants);
  g_assert_true ((profile == NULL) == (error != NULL));
  if (profile == NULL)
    {
      g_assert_true (g_utf8_validate (error->message, -1, NULL));
      g_assert_true (strchr (error->message, '\n') == NULL);
      return 0;
    }
  check_wants (pst_profile_get_wants (profile));
  rules = pst_profile_get_rules (profile, &n_rules);
  for (gsize i = 0; i < n_rules; i++)
    {
      g_assert_true (rules[i].path[0] == '/' || rules[i].path[0] == '~' || g_str_has_prefix (rules[i].path, "xdg:"));
      g_assert_true (strstr (rules[i].path, "/../") == NULL && !g_str_has_suffix (rules[i].path, "/.."));
      g_assert_true (rules[i].access >= PST_ACCESS_VIEW && rules[i].access <= PST_ACCESS_SAVE);
      g_assert_true (rules[i].answer >= PST_ANSWER_ALLOW && rules[i].answer <= PST_ANSWER_ASK);
    }
  for (const char *const *program = pst_profile_get_executables (profile); *program != NULL; program++)
    g_assert_true (pst_path_is_normal (*program) || pst_name_is_valid (*program));
  return 0;
}
