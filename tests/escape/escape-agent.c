/* SPDX-License-Identifier: GPL-3.0-or-later */
/* A prompt agent without a screen: speaks org.postern.Agent1, writes each question as a JSON line on standard output, and takes
 * answers as lines on standard input: QUESTION ANSWER SCOPE ACCESS LIFETIME, all numbers. harness.py drives it.
 *
 *     escape-agent SOCKET DISPLAY */

#include "pst-peer.h"
#include "postern-ipc.h"
#include <glib-unix.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static GMainLoop *loop;
static PstPeer *broker;

static void
append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const char *p = text; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      if (c < 0x20 || c == '"' || c == '\\' || (c >= 0x7f && c <= 0xffff))
        g_string_append_printf (out, "\\u%04x", c);
      else if (c > 0xffff)
        g_string_append_printf (out, "\\u%04x\\u%04x", 0xd800 + ((c - 0x10000) >> 10), 0xdc00 + ((c - 0x10000) & 0x3ff));
      else
        g_string_append_c (out, (char)c);
    }
  g_string_append_c (out, '"');
}

static void
append_value (GString *out, GVariant *value)
{
  GVariantIter iter;
  GVariant *child;
  gboolean first = TRUE;

  if (g_variant_is_of_type (value, G_VARIANT_TYPE_VARIANT))
    {
      g_autoptr (GVariant) inner = g_variant_get_variant (value);
      append_value (out, inner);
    }
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE_STRING))
    append_string (out, g_variant_get_string (value, NULL));
  else if (g_variant_is_of_type (value, G_VARIANT_TYPE ("a{sv}")))
    {
      const char *key;

      g_string_append_c (out, '{');
      g_variant_iter_init (&iter, value);
      while (g_variant_iter_next (&iter, "{&sv}", &key, &child))
        {
          if (!first)
            g_string_append_c (out, ',');
          first = FALSE;
          append_string (out, key);
          g_string_append_c (out, ':');
          append_value (out, child);
          g_variant_unref (child);
        }
      g_string_append_c (out, '}');
    }
  else if (g_variant_is_container (value))
    {
      g_string_append_c (out, '[');
      g_variant_iter_init (&iter, value);
      while ((child = g_variant_iter_next_value (&iter)) != NULL)
        {
          if (!first)
            g_string_append_c (out, ',');
          first = FALSE;
          append_value (out, child);
          g_variant_unref (child);
        }
      g_string_append_c (out, ']');
    }
  else
    {
      g_autofree char *text = g_variant_print (value, FALSE);
      g_string_append (out, text); /* numbers and booleans are the same in JSON */
    }
}

static void
handle (PstPeer *peer, PstMessage *message, gpointer user_data)
{
  g_autoptr (GString) out = g_string_new (NULL);

  if (strcmp (message->member, PST_AGENT_SHOW) == 0)
    {
      guint64 number;
      g_autoptr (GVariant) details = NULL;

      g_variant_get (message->args, "(t@a{sv})", &number, &details);
      g_string_append_printf (out, "{\"event\":\"show\",\"question\":%" G_GUINT64_FORMAT ",", number);
      {
        g_autoptr (GString) body = g_string_new (NULL);

        append_value (body, details);
        g_string_append (out, body->str + 1);
        if (strcmp (body->str, "{}") == 0)
          g_string_append (out, "}");
      }
    }
  else if (strcmp (message->member, PST_AGENT_WITHDRAW_QUESTION) == 0)
    {
      guint64 number;

      g_variant_get (message->args, "(t)", &number);
      g_string_append_printf (out, "{\"event\":\"withdraw\",\"number\":%" G_GUINT64_FORMAT "}", number);
    }
  else
    {
      g_string_append (out, "{\"event\":\"other\",\"args\":");
      append_value (out, message->args);
      g_string_append_c (out, '}');
    }
  printf ("%s\n", out->str);
  fflush (stdout);
}

static void
closed (PstPeer *peer, gpointer user_data)
{
  g_main_loop_quit (loop);
}

static gboolean
read_answers (gint fd, GIOCondition condition, gpointer user_data)
{
  static GString *pending;
  char buffer[4096];
  char *end;
  ssize_t length = read (fd, buffer, sizeof buffer);

  if (length <= 0)
    {
      g_main_loop_quit (loop);
      return G_SOURCE_REMOVE;
    }
  if (pending == NULL)
    pending = g_string_new (NULL);
  g_string_append_len (pending, buffer, length);
  while ((end = strchr (pending->str, '\n')) != NULL)
    {
      guint64 question;
      guint answer, scope, access, lifetime;

      if (sscanf (pending->str, "%" G_GUINT64_FORMAT " %u %u %u %u", &question, &answer, &scope, &access, &lifetime) == 5)
        pst_peer_notify (broker, PST_AGENT_ANSWER,
                         g_variant_new ("(tuuuux)", question, answer, scope, access, lifetime, (gint64)0), NULL, 0);
      g_string_erase (pending, 0, end + 1 - pending->str);
    }
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  struct sockaddr_un address = { .sun_family = AF_UNIX };
  g_autoptr (GError) error = NULL;
  g_autoptr (PstMessage) reply = NULL;
  int fd;

  if (argc != 3 || strlen (argv[1]) >= sizeof address.sun_path)
    {
      g_printerr ("usage: escape-agent SOCKET DISPLAY\n");
      return 2;
    }
  memcpy (address.sun_path, argv[1], strlen (argv[1]) + 1);
  fd = socket (AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
  if (fd < 0 || connect (fd, (struct sockaddr *)&address, sizeof address) < 0)
    {
      perror ("escape-agent: connect");
      return 1;
    }
  loop = g_main_loop_new (NULL, FALSE);
  broker = pst_peer_new_take_fd (fd);
  pst_peer_notify (broker, "Hello", g_variant_new ("(us)", (guint32)1, "agent"), NULL, 0);
  reply = pst_peer_call_sync (broker, PST_AGENT_REGISTER_AGENT, g_variant_new ("(ss)", "gtk", argv[2]), NULL, 0, 10000, &error);
  if (reply == NULL)
    {
      g_printerr ("escape-agent: %s\n", error->message);
      return 1;
    }
  printf ("ready\n");
  fflush (stdout);
  pst_peer_start (broker, handle, closed, NULL);
  g_unix_fd_add (0, G_IO_IN | G_IO_HUP, read_answers, NULL);
  g_main_loop_run (loop);
  return 0;
}
