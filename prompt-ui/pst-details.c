/* SPDX-License-Identifier: GPL-3.0-or-later */

#include "pst-details.h"

#include "pst-peer.h"
#include "pst-text.h"

gboolean
pst_details_take_text (GVariant *details, const char *key, gsize max_chars, char **out, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (details, key, NULL);

  if (value == NULL)
    *out = g_strdup ("");
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    *out = pst_text_for_display (g_variant_get_string (value, NULL), max_chars);
  else
    {
      g_set_error (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "“%s” of what the broker sent is not a string", key);
      return FALSE;
    }
  return TRUE;
}

gboolean
pst_details_take_value (GVariant *details, const char *key, const GVariantType *type, GVariant **out, GError **error)
{
  g_autoptr (GVariant) value = g_variant_lookup_value (details, key, NULL);

  *out = NULL;
  if (value != NULL && !g_variant_is_of_type (value, type))
    {
      g_set_error (error, PST_PEER_ERROR, PST_PEER_ERROR_MALFORMED, "“%s” of what the broker sent has the wrong type", key);
      return FALSE;
    }
  *out = g_steal_pointer (&value);
  return TRUE;
}
