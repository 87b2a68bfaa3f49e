/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ops.h"

void
pst_ops_fill (struct fuse_lowlevel_ops *ops)
{
  pst_ops_entry_fill (ops);
  pst_ops_inode_fill (ops);
  pst_ops_xattr_fill (ops);
  pst_ops_file_fill (ops);
  pst_ops_data_fill (ops);
  pst_ops_dir_fill (ops);
  pst_ops_lock_fill (ops);
}
