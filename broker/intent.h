/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <sys/types.h>

#include "pst-types.h"

G_BEGIN_DECLS

/* What a thread that waits in the gate is about to do, read from outside while it waits. The thread's memory belongs to a
 * hostile program and may change at any moment: this is for the wording of a question, and decides nothing. */
typedef enum
{
  PST_INTENT_UNKNOWN = 0,
  PST_INTENT_LOOK,   /* stat, access, chdir, … */
  PST_INTENT_READ,   /* open for reading, readlink, exec */
  PST_INTENT_LIST,   /* open a directory */
  PST_INTENT_WRITE,  /* open for writing, truncate, change attributes */
  PST_INTENT_CREATE, /* open with O_CREAT, mknod, symlink, bind */
  PST_INTENT_MKDIR,
  PST_INTENT_REMOVE,
  PST_INTENT_RENAME,
  PST_INTENT_LINK,
} PstIntentKind;

typedef struct
{
  PstIntentKind kind;
  char *path;          /* (nullable): absolute, normalised */
  char *path2;         /* (nullable): the other name of a rename or link */
  gboolean walks_once; /* it makes @path, and passes an ESTALE of the look-up of its last name on to the program */
} PstIntent;

void pst_intent_clear (PstIntent *intent);

/* From the numbers of /proc/TID/syscall, and what its pointers point to. Pure but for @read_path, which gives the string at an
 * address in the thread (NULL: cannot be read), and @dir_path, which gives the path of a directory descriptor of it (AT_FDCWD:
 * its working directory). */
typedef struct
{
  char *(*read_path) (guint64 address, gpointer data);
  char *(*dir_path) (int fd, gpointer data);
  gboolean (*read_bytes) (guint64 address, gpointer out, gsize size, gpointer data);
  gpointer data;
} PstIntentReader;

gboolean pst_intent_parse (const char *syscall_line, const PstIntentReader *reader, PstIntent *out);

/* Reads what the thread @tid does. @pid_ns: inode of the pid namespace that it must belong to, else nothing of it is read.
 * FALSE: cannot be known. */
gboolean pst_intent_read (pid_t tid, guint64 pid_ns, PstIntent *out);

/* The kind for an operation of the gate, where the thread cannot be read. */
PstIntentKind pst_intent_from_op (PstOp op, PstAccess access);

/* The access that an intent needs. */
PstAccess pst_intent_access (PstIntentKind kind);
/* Does it make a name that need not be there? */
gboolean pst_intent_creates (PstIntentKind kind);

/* Inode of the pid namespace of process @pid, 0 if it cannot be read. */
guint64 pst_pid_namespace_of (pid_t pid);

/* Is @pid (a process or thread) @ancestor or one of its descendants? Orphans of a pid namespace become its init's children, so
 * that every process of a sandbox descends from its init. */
gboolean pst_pid_descends_from (pid_t pid, pid_t ancestor);

/* Can the owner read /proc/TID/syscall of other processes here? Asked once, of a child. */
gboolean pst_intent_probe (void);

G_END_DECLS
