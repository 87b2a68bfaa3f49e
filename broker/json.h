/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* A strict reader of JSON (RFC 8259) for what a stranger may have written. (pst-json.h writes some.)
 *
 * Stricter than the standard where that leaves doubt: a key that is there twice, a NUL in a string and a number that is no
 * whole one are errors. Bounded: in size, depth and number of values, and it takes no more than a few times the size of its
 * input. (json-glib 1.6 takes the last of two equal keys, reads comments and JavaScript, and runs out of stack on 16 MiB of
 * “[”.) */

#define PST_JSON_MAX_SIZE (16u << 20)
#define PST_JSON_MAX_DEPTH 8
#define PST_JSON_MAX_VALUES 1500000

typedef enum
{
  PST_JSON_NULL,
  PST_JSON_BOOLEAN,
  PST_JSON_NUMBER, /* whole */
  PST_JSON_STRING,
  PST_JSON_ARRAY,
  PST_JSON_OBJECT,
} PstJsonType;

typedef struct _PstJsonValue PstJsonValue;

typedef struct
{
  const char *key;
  const PstJsonValue *value;
} PstJsonMember;

struct _PstJsonValue
{
  PstJsonType type;
  guint line;
  guint n; /* values of an array, members of an object */
  union
  {
    gboolean boolean;
    gint64 number;
    const char *string;
    const PstJsonValue *const *values;
    const PstJsonMember *members; /* in the order of the text */
  };
};

/* A text as a whole. */
typedef struct _PstJsonText PstJsonText;

/* @error: "line N: …", without a full stop. */
PstJsonText *pst_json_text_parse (const char *data, gsize size, GError **error);
void pst_json_text_free (PstJsonText *text);
const PstJsonValue *pst_json_text_get_root (const PstJsonText *text);

/* (nullable) */
const PstJsonValue *pst_json_value_get (const PstJsonValue *object, const char *key);

#define PST_JSON_ERROR (pst_json_error_quark ())
GQuark pst_json_error_quark (void);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstJsonText, pst_json_text_free)

G_END_DECLS
