# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=cp;mv;rm;mkdir;rmdir;touch;ln;install;dd;tee;truncate;rsync;shred;sort;split;
SuggestAccess=change
