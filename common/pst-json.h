/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* JSON for programs: an array of objects. Strings are escaped; bytes that are not UTF-8 become U+FFFD, and such a path
 * is also given as "<key>_bytes" in hexadecimal. */
typedef struct _PstJson PstJson;
PstJson *pst_json_new (void);
/* One object a line, and nothing around them. */
PstJson *pst_json_new_lines (void);
void pst_json_begin (PstJson *json);
void pst_json_string (PstJson *json, const char *key, const char *bytes);
void pst_json_int (PstJson *json, const char *key, gint64 value);
void pst_json_bool (PstJson *json, const char *key, gboolean value);
void pst_json_end (PstJson *json);
char *pst_json_to_text_free (PstJson *json);
void pst_json_print_free (PstJson *json);

/* @string, which is UTF-8, in quotation marks. Beside what JSON itself asks for, everything that could command a terminal or
 * reorder a line is escaped. */
void pst_json_append_string (GString *out, const char *string);

G_END_DECLS
