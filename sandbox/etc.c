/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "etc.h"

#include <string.h>

/* Of the host's /etc only these are shown. A row that is missing on this distribution is left out; a symbolic link is copied.
 */
static const struct
{
  const char *name;
  const char *why;
} mirrors[] = {
  { "ld.so.cache", "the dynamic linker finds libraries by it" },
  { "ld.so.conf", "read when the cache is not" },
  { "ld.so.conf.d", "the same" },
  { "alternatives", "links in /usr/bin and /usr/lib lead through it" },
  { "fonts", "fontconfig" },
  { "gtk-3.0", "theme and settings of the distribution" },
  { "gtk-2.0", "the same" },
  { "xdg", "defaults of toolkits and applications" },
  { "ssl/certs", "certificates; ssl/private stays out" },
  { "ssl/openssl.cnf", "OpenSSL complains without it" },
  { "ca-certificates", "Fedora and Arch have the certificates here" },
  { "pki/tls", "the same, older names" },
  { "pki/ca-trust", "the same" },
  { "crypto-policies", "Fedora's OpenSSL and GnuTLS" },
  { "localtime", "the time zone, usually a link into /usr" },
  { "timezone", "the same, by name" },
  { "locale.alias", "names of locales" },
  { "locale.conf", "the language" },
  { "host.conf", "the resolver" },
  { "services", "names of ports" },
  { "protocols", "names of protocols" },
  { "mime.types", "types by suffix" },
  { "magic", "file(1)" },
  { "os-release", "a link into /usr" },
  { "debian_version", "version checks of scripts" },
  { "terminfo", "terminal programs" },
  { "inputrc", "readline's defaults" },
  { "vim", "its defaults; /usr/share/vim links here" },
  { "ImageMagick-6", "its delegates and policy" },
  { "glvnd", "OpenGL drivers" },
  { "vulkan", "Vulkan drivers" },
  { "libreoffice", "its registry" },
  { "java-17-openjdk", "the JRE in /usr/lib links here" },
  { "papersize", "printing" },
};

gboolean
pst_etc_user_is_valid (const char *name)
{
  gsize n = strlen (name);

  if (n == 0 || n > 32 || name[0] == '-' || name[0] == '.')
    return FALSE;
  return strspn (name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == n;
}

char *
pst_etc_find_user (const char *passwd, uid_t uid)
{
  g_auto (GStrv) lines = g_strsplit (passwd, "\n", -1);

  for (char **line = lines; *line; line++)
    {
      g_auto (GStrv) fields = g_strsplit (*line, ":", 5);
      guint64 number;

      if (g_strv_length (fields) < 4 || !g_ascii_string_to_unsigned (fields[2], 10, 0, G_MAXUINT32, &number, NULL))
        continue;
      if (number == uid && pst_etc_user_is_valid (fields[0]))
        return g_strdup (fields[0]);
    }
  return NULL;
}

void
pst_etc_add (PstPlan *plan, const PstPlanInput *input)
{
  g_autofree char *passwd = NULL, *group = NULL;

  pst_plan_add (plan, PST_PLAN_DIR, NULL, "/etc", 0755);

  /* Root and nobody, because files show as theirs; nobody else who has an account here. No real name: that is the user's to
   * tell. */
  passwd = g_strdup_printf ("root:x:0:0:root:/root:/usr/sbin/nologin\n"
                            "%s:x:%u:%u::%s:%s\n"
                            "nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n",
                            input->user, (guint)input->uid, (guint)input->gid, input->home, input->shell);
  group = g_strdup_printf ("root:x:0:\n%s:x:%u:\nnogroup:x:65534:\n", input->user, (guint)input->gid);
  pst_plan_add_file (plan, "/etc/passwd", 0644, passwd);
  pst_plan_add_file (plan, "/etc/group", 0644, group);
  pst_plan_add_file (plan, "/etc/hostname", 0644, "postern\n");
  pst_plan_add_file (plan, "/etc/hosts", 0644, "127.0.0.1\tlocalhost postern\n::1\tlocalhost ip6-localhost ip6-loopback\n");
  pst_plan_add_file (plan, "/etc/resolv.conf", 0644, "");
  pst_plan_add_file (
      plan, "/etc/nsswitch.conf", 0644,
      "passwd: files\ngroup: files\nshadow: files\nhosts: files dns\nnetworks: files\nprotocols: files\nservices: files\n"
      "ethers: files\nrpc: files\n");
  pst_plan_add_file (plan, "/etc/shells", 0644, "/bin/sh\n/usr/bin/sh\n/bin/bash\n/usr/bin/bash\n");
  pst_plan_add (plan, PST_PLAN_SYMLINK, "/proc/self/mounts", "/etc/mtab", 0);

  for (gsize i = 0; i < G_N_ELEMENTS (mirrors); i++)
    {
      g_autofree char *path = g_strconcat ("/etc/", mirrors[i].name, NULL);

      pst_plan_add (plan, PST_PLAN_MIRROR, path, path, 0);
    }
}
