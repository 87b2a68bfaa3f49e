/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* Text that a sandboxed program controls, made fit to show to a person: valid UTF-8; control, bidi, zero-width, private-use and
 * unassigned characters and invalid bytes shown as \xNN or \u{NNNN}; line ends too; at most @max_chars characters with an
 * ellipsis in the middle. The result holds no markup escapes: give it to gtk_label_set_text, a terminal, or a log. (transfer
 * full) */
char *pst_text_for_display (const char *untrusted, gsize max_chars);

G_END_DECLS
