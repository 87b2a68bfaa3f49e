/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

G_BEGIN_DECLS

/* The small parts that the manager's pages are made of. No text here is ever markup. */

/* One line of text that gives way; @dim: secondary. */
GtkLabel *pst_label_new (PangoEllipsizeMode ellipsize, gboolean dim);
/* @full: (nullable): what the whole of it is, as a tooltip; without it @text has one when it does not fit. */
void pst_label_set (GtkLabel *label, const char *text, const char *full);
/* Several lines. */
GtkLabel *pst_paragraph_new (const char *text, gboolean dim);
/* A heading above a list. */
GtkWidget *pst_heading_new (const char *text);

/* Accessible name and (nullable) description. */
void pst_widget_set_described (GtkWidget *widget, const char *name, const char *description);
void pst_widget_set_margins (GtkWidget *widget, int horizontal, int vertical);

/* A list in a frame, rows apart by lines. @title: for assistive technology. Returns the list box; its frame is its parent. */
GtkListBox *pst_boxed_list_new (const char *title);
/* A row of such a list: title, subtitle (nullable), and @widget (nullable) at the end, which gets the title as its name. */
GtkWidget *pst_boxed_row_new (const char *title, const char *subtitle, GtkWidget *widget);
/* A whole list of rows that stay: those, and NULL at their end. Returns its frame. */
GtkWidget *pst_boxed_rows_new (const char *title, ...) G_GNUC_NULL_TERMINATED;
/* A part of a page: a heading, and what is below it. */
GtkWidget *pst_section_new (const char *title, GtkWidget *content);
/* "Path    /home/jane/Pictures": a fact. *value: the label. */
GtkWidget *pst_fact_row_new (const char *title, GtkLabel **value);

/* What a page is of: an icon, its name, and a line below. Returns a horizontal box, for more at its end. */
GtkWidget *pst_page_heading_new (GtkImage **icon, GtkLabel **name, GtkLabel **below, PangoEllipsizeMode ellipsize);
/* The column of a page: scrolls, and does not get wider than one can read. *column: a vertical box. */
GtkWidget *pst_page_new (GtkBox **column);
/* A page that only says something. @button: (nullable), *made: it. */
GtkWidget *pst_status_page_new (const char *icon, const char *title, GtkLabel **text, const char *button, GtkWidget **made);

G_END_DECLS
