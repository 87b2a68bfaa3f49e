/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "notification.h"

#include <string.h>

/* name of the application, which notification it replaces, icon, summary, text, actions, hints, time-out */
#define SIGNATURE "susssasa{sv}i"

gboolean
pst_notification_is_readable (const PstHeader *header)
{
  return header->type == PST_MESSAGE_CALL && strcmp (header->member, "Notify") == 0 &&
         strcmp (header->signature, SIGNATURE) == 0;
}

/* The number at the next boundary; FALSE if the body ends before. */
static gboolean
take_u32 (const PstHeader *header, const guint8 *body, guint32 *offset, guint32 *number)
{
  guint32 at = (*offset + 3) & ~3u;

  if (at < *offset || header->body_length < 4 || at > header->body_length - 4)
    return FALSE;
  *number = pst_message_read_u32 (header, body + at);
  *offset = at + 4;
  return TRUE;
}

gboolean
pst_notification_has_actions (const PstHeader *header, const guint8 *body)
{
  guint32 offset = 0, replaces, length;

  if (!pst_notification_is_readable (header) || pst_message_get_string (header, body, &offset) == NULL ||
      !take_u32 (header, body, &offset, &replaces))
    return TRUE;
  for (int i = 0; i < 3; i++)
    if (pst_message_get_string (header, body, &offset) == NULL)
      return TRUE;
  return !take_u32 (header, body, &offset, &length) || length != 0;
}
