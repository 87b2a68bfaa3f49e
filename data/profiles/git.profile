# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=git;hg;svn;
SuggestAccess=change
Reason=A working copy is written by most commands.
