/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "pst-types.h"

G_BEGIN_DECLS

/* Something that happened: a row of the history. */
typedef struct
{
  guint64 number; /* in the history, 0: not there yet */
  gint64 time;    /* seconds since 1970 */
  char *app;
  char *name; /* (nullable): what the person knew the application by then */
  guint64 sandbox;
  const char *what; /* static or interned, see org.postern.Control1.History */
  char *resource;   /* (nullable): bytes */
  PstAccess access;
  PstAnswer answer;
  PstLifetime lifetime;
  char *text;     /* (nullable) */
  guint kind;     /* of what was there: the S_IFMT bits of its mode; 0 not known, or there was nothing */
  char *program;  /* (nullable): the executable that asked, bytes; said by a process of the application's */
  guint64 outbox; /* its number in the grants database, 0: it is not there */
} PstEvent;

PstEvent *pst_event_new (const char *what, const char *app, guint64 sandbox, const char *resource, const char *text);
PstEvent *pst_event_copy (const PstEvent *event);
void pst_event_free (PstEvent *event);

/* Of what an application can bring about by itself, as often as it likes, it has its share of the history and no more. */
gboolean pst_event_is_common (const char *what);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (PstEvent, pst_event_free)

G_END_DECLS
