/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message.h"

#include <string.h>

/* A header is an array of (code, variant). Of each code we know the type that its variant must have, so that the layout is
 * fixed: eight-byte boundary, code, signature of one letter, four-byte boundary, value. Whatever looks otherwise is refused:
 * a field that we do not know might be one by which the bus decides, and then it would decide on something else than we did.
 * For the same reason no field may come twice, and a field may only stand where it means something (a method call that claims
 * to be a reply would be routed as a call, and filtered as a reply). */

enum
{
  FIELD_PATH = 1,
  FIELD_INTERFACE,
  FIELD_MEMBER,
  FIELD_ERROR_NAME,
  FIELD_REPLY_SERIAL,
  FIELD_DESTINATION,
  FIELD_SENDER,
  FIELD_SIGNATURE,
  FIELD_UNIX_FDS,
  N_FIELDS,
};

static const char field_types[N_FIELDS] = { 0, 'o', 's', 's', 's', 'u', 's', 's', 'g', 'u' };

#define WORD 1  /* letters, digits, underscore */
#define DIGIT 2 /* must not begin an element */
#define DASH 4  /* in bus names only */

static const guint8 char_class[256] = {
  ['A' ... 'Z'] = WORD, ['a' ... 'z'] = WORD, ['_'] = WORD, ['0' ... '9'] = WORD | DIGIT, ['-'] = DASH,
};

static inline guint32
read_u32 (const guint8 *data, gboolean big_endian)
{
  guint32 value;

  memcpy (&value, data, sizeof value);
  return big_endian ? GUINT32_FROM_BE (value) : GUINT32_FROM_LE (value);
}

guint32
pst_message_read_u32 (const PstHeader *header, const guint8 *data)
{
  return read_u32 (data, header->big_endian);
}

/* Elements of the given classes between dots, at least @min of them. */
static gboolean
is_dotted (const char *name, gsize length, guint8 allowed, gboolean digit_first, guint min)
{
  guint n = 1;
  gboolean start = TRUE;

  if (length == 0 || length > 255)
    return FALSE;
  for (gsize i = 0; i < length; i++)
    {
      guint8 class = char_class[(guint8)name[i]];

      if (name[i] == '.')
        {
          if (start)
            return FALSE;
          start = TRUE;
          n++;
          continue;
        }
      if ((class & allowed) == 0 || (start && !digit_first && (class & DIGIT) != 0))
        return FALSE;
      start = FALSE;
    }
  return !start && n >= min;
}

gboolean
pst_bus_name_is_valid (const char *name, gsize length)
{
  if (length > 255)
    return FALSE;
  if (length > 0 && name[0] == ':')
    return is_dotted (name + 1, length - 1, WORD | DASH, TRUE, 2);
  return is_dotted (name, length, WORD | DASH, FALSE, 2);
}

static gboolean
is_path (const char *path, gsize length)
{
  if (length == 0 || path[0] != '/')
    return FALSE;
  if (length == 1)
    return TRUE;
  for (gsize i = 1; i < length; i++)
    if (path[i] == '/' ? path[i - 1] == '/' : (char_class[(guint8)path[i]] & WORD) == 0)
      return FALSE;
  return path[length - 1] != '/';
}

static gboolean
is_signature (const char *signature, gsize length)
{
  int depth = 0;

  for (gsize i = 0; i < length; i++)
    {
      if (signature[i] == '\0' || strchr ("ybnqiuxtdsogvha(){}", signature[i]) == NULL)
        return FALSE;
      depth += (signature[i] == '(' || signature[i] == '{') - (signature[i] == ')' || signature[i] == '}');
      if (depth < 0 || depth > 64)
        return FALSE;
    }
  return depth == 0;
}

gboolean
pst_header_frame (const guint8 *data, guint32 *header_length, guint32 *body_length)
{
  gboolean big = data[0] == 'B';
  guint32 fields = read_u32 (data + 12, big), body = read_u32 (data + 4, big);

  if ((data[0] != 'l' && data[0] != 'B') || data[3] != 1)
    return FALSE;
  if (fields > PST_MESSAGE_MAX_HEADER - PST_MESSAGE_FIXED - 8 || body > PST_MESSAGE_MAX)
    return FALSE;
  *header_length = (PST_MESSAGE_FIXED + fields + 7) & ~7u;
  *body_length = body;
  return *header_length + body <= PST_MESSAGE_MAX;
}

static const char *
parse_string (const guint8 *value, gsize left, gboolean big, gsize *length, const char **string)
{
  if (left < 5)
    return "a string ends early";
  *length = read_u32 (value, big);
  if (*length > left - 5 || value[4 + *length] != '\0')
    return "a string ends early";
  *string = (const char *)value + 4;
  if (memchr (*string, '\0', *length) != NULL)
    return "a string has a NUL in it";
  return NULL;
}

/* Parses one field's value at @value, and says how many bytes it takes. */
static const char *
parse_field (int code, const guint8 *value, gsize left, PstHeader *out, gsize *used)
{
  const char *string = NULL, *wrong;
  gsize length = 0;
  guint32 number = 0;

  switch (field_types[code])
    {
    case 'u':
      if (left < 4)
        return "a number ends early";
      number = read_u32 (value, out->big_endian);
      *used = 4;
      break;
    case 'g':
      if (left < 2 || (gsize)value[0] > left - 2 || value[1 + value[0]] != '\0')
        return "a signature ends early";
      length = value[0];
      string = (const char *)value + 1;
      *used = length + 2;
      break;
    default:
      wrong = parse_string (value, left, out->big_endian, &length, &string);
      if (wrong != NULL)
        return wrong;
      *used = length + 5;
    }

  switch (code)
    {
    case FIELD_PATH:
      out->path = string;
      return is_path (string, length) ? NULL : "the path is none";
    case FIELD_INTERFACE:
      out->interface = string;
      return is_dotted (string, length, WORD, FALSE, 2) ? NULL : "the interface is no name";
    case FIELD_MEMBER:
      out->member = string;
      return is_dotted (string, length, WORD, FALSE, 1) && memchr (string, '.', length) == NULL ? NULL
                                                                                                : "the member is no name";
    case FIELD_ERROR_NAME:
      out->error_name = string;
      return is_dotted (string, length, WORD, FALSE, 2) ? NULL : "the error is no name";
    case FIELD_DESTINATION:
      out->destination = string;
      return pst_bus_name_is_valid (string, length) ? NULL : "the destination is no name";
    case FIELD_SENDER:
      out->sender = string;
      return pst_bus_name_is_valid (string, length) ? NULL : "the sender is no name";
    case FIELD_SIGNATURE:
      out->signature = string;
      return is_signature (string, length) ? NULL : "the signature is none";
    case FIELD_REPLY_SERIAL:
      out->reply_serial = number;
      return number != 0 ? NULL : "the reply is to no call";
    default:
      out->n_fds = number;
      return number <= PST_MESSAGE_MAX_FDS ? NULL : "too many descriptors";
    }
}

static const char *
check_type (const PstHeader *header)
{
  gboolean is_reply = header->type == PST_MESSAGE_RETURN || header->type == PST_MESSAGE_ERROR;

  if (is_reply != (header->reply_serial != 0))
    return is_reply ? "a reply to no call" : "a reply that calls itself something else";
  if (header->body_length > 0 && header->signature[0] == '\0')
    return "a body without a signature";
  switch (header->type)
    {
    case PST_MESSAGE_CALL:
      if (header->path == NULL || header->member == NULL)
        return "a call without path or member";
      break;
    case PST_MESSAGE_SIGNAL:
      if (header->path == NULL || header->interface == NULL || header->member == NULL)
        return "a signal without path, interface or member";
      break;
    case PST_MESSAGE_RETURN:
      return NULL;
    case PST_MESSAGE_ERROR:
      return header->error_name != NULL ? NULL : "an error without a name";
    default:
      return "a type that is not known";
    }
  if (g_strcmp0 (header->path, "/org/freedesktop/DBus/Local") == 0 ||
      g_strcmp0 (header->interface, "org.freedesktop.DBus.Local") == 0)
    return "a message that only a library sends to itself";
  return NULL;
}

const char *
pst_header_parse (const guint8 *data, guint32 header_length, PstHeader *out)
{
  gboolean big = data[0] == 'B';
  gsize end = PST_MESSAGE_FIXED + (gsize)read_u32 (data + 12, big);
  guint seen = 0;

  *out = (PstHeader){
    .big_endian = big,
    .type = data[1],
    .flags = data[2],
    .body_length = read_u32 (data + 4, big),
    .serial = read_u32 (data + 8, big),
    .header_length = header_length,
    .signature = "",
  };
  if (out->serial == 0)
    return "no serial";
  for (gsize at = PST_MESSAGE_FIXED; at < end;)
    {
      const char *wrong;
      gsize used = 0, next;
      guint8 code;

      if (end - at < 4)
        return "a field ends early";
      code = data[at];
      if (code == 0 || code >= N_FIELDS)
        return "a field that is not known";
      if (data[at + 1] != 1 || data[at + 2] != (guint8)field_types[code] || data[at + 3] != 0)
        return "a field of the wrong type";
      if ((seen & 1u << code) != 0)
        return "a field comes twice";
      seen |= 1u << code;
      wrong = parse_field (code, data + at + 4, end - at - 4, out, &used);
      if (wrong != NULL)
        return wrong;
      at += 4 + used;
      /* padding is part of the array only between fields; after the last it belongs to the header */
      for (next = (at + 7) & ~(gsize)7; at < next && at < header_length; at++)
        if (data[at] != 0)
          return "the padding is not empty";
    }
  return check_type (out);
}

const char *
pst_message_get_string (const PstHeader *header, const guint8 *body, guint32 *offset)
{
  guint32 at = (*offset + 3) & ~3u, length;

  if (at < *offset || header->body_length < 5 || at > header->body_length - 5)
    return NULL;
  length = read_u32 (body + at, header->big_endian);
  if (length > header->body_length - at - 5 || body[at + 4 + length] != '\0')
    return NULL;
  if (memchr (body + at + 4, '\0', length) != NULL)
    return NULL;
  *offset = at + 4 + length + 1;
  return (const char *)body + at + 4;
}
