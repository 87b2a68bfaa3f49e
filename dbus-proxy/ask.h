/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What stands between the connections and whoever decides: a person behind the broker, or a test. Asynchronous both ways; one
 * question for one client and one name. */

typedef struct _PstAsk PstAsk;

typedef enum
{
  PST_ASK_ALLOW, /* what was held goes out, in order; the client may use the name from now on */
  PST_ASK_DENY,  /* what was held is answered AccessDenied; so is what comes later, without a question */
  PST_ASK_RETRY, /* the policy has changed: judge what was held anew */
} PstAskAnswer;

typedef struct
{
  /* Must be answered by pst_ask_answer, not before it has returned, unless it is withdrawn. */
  void (*ask) (PstAsk *ask, gpointer user_data);
  /* The client is gone; @ask must not be used any more. */
  void (*withdraw) (PstAsk *ask, gpointer user_data);
  /* (nullable): A message went out because of the person's rule of this number. */
  void (*used) (guint64 number, gpointer user_data);
  gpointer user_data;
  gboolean is_gone; /* there is nobody left to ask: whatever would be asked is denied */
} PstDecider;

guint64 pst_ask_get_id (const PstAsk *ask); /* never used twice */
guint pst_ask_get_bus (const PstAsk *ask);
const char *pst_ask_get_name (const PstAsk *ask); /* well-known */
/* Of the message that was first: for the words of the question. "" for none. */
const char *pst_ask_get_interface (const PstAsk *ask);
const char *pst_ask_get_member (const PstAsk *ask);
const char *pst_ask_get_path (const PstAsk *ask);
void pst_ask_answer (PstAsk *ask, PstAskAnswer answer);

G_END_DECLS
