/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-style.h"

/* No colours. What the theme dims is to be read here, the name of what is asked for among it: at the theme's own 0.55 it has
 * three to one against its ground, and people need four and a half. Round buttons, and the arrow of the details, stand on the
 * same edge as the text above them, and what they say on one of its own. What somebody else says stands behind a line, as
 * quotations do. What is told at the lower end of a window has its upper corners round too; the theme hangs it from above. A
 * dialog that comes up does not fade in: the theme's transitions would draw it, symbolic pictures included, a dozen times over.
 */
static const char css[] = ".dim-label { opacity: 0.75; }"
                          ".app-notification { border-radius: 6px; }"
                          "window.postern-question radiobutton:dir(ltr) > radio { margin-left: 0; margin-right: 8px; }"
                          "window.postern-question radiobutton:dir(rtl) > radio { margin-right: 0; margin-left: 8px; }"
                          "window.postern-question expander > title > arrow:dir(ltr) { margin-left: -4px; margin-right: 12px; }"
                          "window.postern-question expander > title > arrow:dir(rtl) { margin-right: -4px; margin-left: 12px; }"
                          "window.postern-question .postern-quotation { border: 0 solid alpha(currentColor, 0.3); }"
                          "window.postern-question .postern-quotation:dir(ltr) { border-left-width: 3px; padding-left: 9px; }"
                          "window.postern-question .postern-quotation:dir(rtl) { border-right-width: 3px; padding-right: 9px; }"
                          "window.postern-question switch:focus { box-shadow: 0 0 0 2px alpha(@theme_selected_bg_color, 0.6); }"
                          "window.postern-question * { transition: none; }";

void
pst_style_add (void)
{
  static gboolean added;
  g_autoptr (GtkCssProvider) provider = NULL;

  if (added)
    return;
  added = TRUE;
  provider = gtk_css_provider_new ();
  gtk_css_provider_load_from_data (provider, css, -1, NULL);
  gtk_style_context_add_provider_for_screen (gdk_screen_get_default (), GTK_STYLE_PROVIDER (provider),
                                             GTK_STYLE_PROVIDER_PRIORITY_APPLICATION);
}
