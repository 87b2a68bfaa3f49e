/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pst-ruleset.h"

/* Names that real programs made. */
static void
test_side (void)
{
  static const struct
  {
    const char *file, *name;
  } cases[] = {
    { "a.txt", "a.txt~" },
    { "a.txt", "a.txt.~1~" },
    { "a.txt", "a.txt.~123~" },
    { "a.txt", ".a.txt.swp" },
    { "a.txt", ".a.txt.swo" },
    { ".bashrc", ".bashrc.swp" },
    { "a.txt", ".a.txt.un~" },
    { "a.txt", "4913" },
    { "a.txt", ".goutputstream-3QX1M3" },
    { "a.txt", "#a.txt#" },
    { "a.txt", ".#a.txt" },
    { "a.txt", ".a.txt.kate-swp" },
    { "a.txt", "a.txt.AbC123" },
    { "a.txt", "a.txt.abcdef" },
    { "a.txt", ".a.txt.Xk2p9Q" },
    { "Makefile", "Makefile.aB3dEf" },
    { "a.txt", "sedAx91Zz" },
    { "x.odt", ".~lock.x.odt#" },
    { "x.odt", "lu81231lbzhf.tmp" },
    { "x.docx", "~$x.docx" },
    { "a.jpg", "a.jpg.xmp" },
    { "a.jpg", "a.jpg_original" },
    { "a.jpg", "a.jpg_exiftool_tmp" },
    { "x.db", "x.db-wal" },
    { "x.db", "x.db-shm" },
    { "x.db", "x.db-journal" },
    { "x.db", "x.db-mj0F3A9B01C" },
    { "config", "config.lock" },
    { "p.kdbx", ".p.kdbx.lock" },
    { "f.iso", "f.iso.part" },
    { "a.txt~", "a.txt~~" },
    { "\xff", "\xff~" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (!pst_is_side_file (cases[i].file, cases[i].name))
      g_error ("%s must be a side file of %s", cases[i].name, cases[i].file);
}

static void
test_other (void)
{
  static const struct
  {
    const char *file, *name;
  } cases[] = {
    { "a.txt", "a.txt" },
    { "a.txt", "b.txt" },
    { "a.txt", "b.txt~" },
    { "a.txt", "a.tx~" },
    { "a.txt", "a.txt2" },
    { "a.txt", "a.txt.b.txt" },
    { "a.txt", ".a.txt.swz" },
    { "a.txt", ".a.txt.sxp" },
    { "a.txt", ".goutputstream-" },
    { "a.txt", ".goutputstream-3QX1M3x" },
    { "a.txt", ".goutputstream-3QX/M3" },
    { "a.txt", "~" },
    { "a.txt", "" },
    { "", "~" },
    { "", ".swp" },
    { ".", ".~" },
    { "..", "..~" },
    { "notes", "notes.markdown" },
    { "photo", "photo.sqlite" },
    { "movie", "movie.swf" },
    { "x.db", "x.db-mj0f3a9b01c" },
    { "x.db", "x.db-wa" },
    { "x.db", "wal" },
    { "a.txt", "sedation" },
    { "a.txt", "lunch.tmp" },
    { "a.txt", "49130" },
    { "a.txt", "a.txt.~~" },
    { "a.txt", "a.txt.~12345~" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    if (pst_is_side_file (cases[i].file, cases[i].name))
      g_error ("%s must be no side file of %s", cases[i].name, cases[i].file);
}

static void
test_by_name (void)
{
  g_assert_true (pst_is_side_file_by_name ("a.txt", ".a.txt.swp"));
  g_assert_true (pst_is_side_file_by_name ("a.txt", "a.txt~"));
  g_assert_false (pst_is_side_file_by_name ("a.txt", ".goutputstream-3QX1M3"));
  /* that the name holds the file's by chance does not make it the file's */
  g_assert_true (pst_is_side_file ("s", "sedAx91Zz"));
  g_assert_false (pst_is_side_file_by_name ("s", "sedAx91Zz"));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/side-file/side", test_side);
  g_test_add_func ("/side-file/other", test_other);
  g_test_add_func ("/side-file/by-name", test_by_name);
  return g_test_run ();
}
