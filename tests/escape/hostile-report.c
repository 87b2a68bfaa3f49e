/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hostile.h"

/* How the taken-over postern-fusefs asks, what it knows of the host, and the report of what came of it. */

static int report_fd = -1;
static char *targets; /* lines KEY=VALUE */

void
hostile_report_begin (void)
{
  char buffer[16384];
  int fd = openat (hostile.home_fd, ".targets", O_RDONLY | O_CLOEXEC);
  ssize_t length = fd >= 0 ? read (fd, buffer, sizeof buffer - 1) : 0;

  buffer[length > 0 ? length : 0] = '\0';
  targets = g_strconcat ("\n", buffer, NULL);
  report_fd = openat (hostile.home_fd, ".report", O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
}

void
hostile_say (const char *format, ...)
{
  va_list arguments;

  va_start (arguments, format);
  vdprintf (report_fd, format, arguments);
  va_end (arguments);
}

const char *
hostile_target (const char *key)
{
  g_autofree char *start = g_strconcat ("\n", key, "=", NULL), *value = NULL;
  const char *at = strstr (targets, start);

  if (at == NULL)
    return "";
  at += strlen (start);
  value = g_strndup (at, strcspn (at, "\n"));
  return g_intern_string (value);
}

void
hostile_row (const char *kind, bool good, const char *format, ...)
{
  g_autofree char *what = NULL;
  va_list arguments;

  va_start (arguments, format);
  what = g_strdup_vprintf (format, arguments);
  va_end (arguments);
  if (strcmp (kind, "control") == 0)
    dprintf (report_fd, "control\t%s\t%s\t\n", good ? "ok" : "FAILED", what);
  else
    dprintf (report_fd, "%s\t%s\t%s\t\n", kind, good ? "SUCCEEDED" : "refused", what);
}

PstMessage *
hostile_ask (PstPeer *peer, const char *member, GVariant *args, const char *note)
{
  g_autoptr (GError) error = NULL;
  PstMessage *reply = pst_peer_call_sync (peer, member, args, NULL, 0, 4000, &error);

  if (reply == NULL)
    dprintf (report_fd, "# %s (%s): %s\n", member, note, error->message);
  return reply;
}

GVariant *
hostile_bytes (const char *text)
{
  return g_variant_new_bytestring (text);
}

int
hostile_error (PstMessage *reply)
{
  int error = -1;
  g_autoptr (GVariant) child = NULL;

  if (reply == NULL)
    return EPERM;
  if (g_variant_n_children (reply->args) > 0)
    {
      child = g_variant_get_child_value (reply->args, 0);
      if (g_variant_is_of_type (child, G_VARIANT_TYPE_INT32))
        error = g_variant_get_int32 (child);
    }
  return error;
}
