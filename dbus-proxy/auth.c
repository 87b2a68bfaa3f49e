/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "auth.h"

#include <string.h>

/* The length of the line that @data begins with, with its end; 0 if it is not whole, -1 if it is none. */
static gssize
line_length (const guint8 *data, gsize size)
{
  const guint8 *end = memmem (data, MIN (size, PST_AUTH_MAX_LINE), "\r\n", 2);
  gsize length = end != NULL ? (gsize)(end - data) : size;

  if (end == NULL && size >= PST_AUTH_MAX_LINE)
    return -1;
  /* Printable ASCII from a capital letter on: all that real implementations write. */
  for (gsize i = 0; i < length; i++)
    if ((data[i] < ' ' || data[i] > '~') && !(end == NULL && i + 1 == length && data[i] == '\r') && data[i] != '\t')
      return -1;
  if (length > 0 ? data[0] < 'A' || data[0] > 'Z' : end != NULL)
    return -1;
  return end != NULL ? (gssize)length + 2 : 0;
}

static gboolean
is_command (const guint8 *line, gsize length, const char *command)
{
  gsize n = strlen (command);

  return length >= n + 2 && memcmp (line, command, n) == 0 && (line[n] == '\r' || line[n] == ' ' || line[n] == '\t');
}

gssize
pst_auth_from_client (PstAuth *auth, const guint8 *data, gsize size)
{
  gsize used = 0;

  if (!auth->got_nul && size > 0)
    {
      if (data[0] != '\0')
        return -1;
      auth->got_nul = TRUE;
      used = 1;
    }
  while (used < size && !auth->got_begin)
    {
      gssize length = line_length (data + used, size - used);

      if (length < 0)
        return -1;
      if (length == 0)
        break;
      if (is_command (data + used, (gsize)length, "BEGIN"))
        {
          auth->got_begin = TRUE;
          break;
        }
      if (++auth->n_requests > PST_AUTH_MAX_LINES)
        return -1;
      used += (gsize)length;
    }
  return (gssize)used;
}

gssize
pst_auth_from_bus (PstAuth *auth, const guint8 *data, gsize size)
{
  gsize used = 0;

  while (used < size)
    {
      gssize length = line_length (data + used, size - used);

      if (length < 0)
        return -1;
      if (length == 0)
        break;
      if (++auth->n_replies > auth->n_requests)
        return -1;
      if (is_command (data + used, (gsize)length, "OK"))
        auth->is_ok = TRUE;
      else if (is_command (data + used, (gsize)length, "REJECTED"))
        auth->is_ok = FALSE;
      used += (gsize)length;
    }
  return (gssize)used;
}

int
pst_auth_may_begin (const PstAuth *auth)
{
  if (!auth->got_begin || auth->n_replies < auth->n_requests)
    return 0;
  return auth->is_ok ? 1 : -1;
}
