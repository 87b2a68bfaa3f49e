# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=vim;vim.basic;vim.tiny;vim.gtk3;vim.nox;nvim;nano;emacs;ed;ex;joe;micro;mcedit;sed;
SuggestAccess=change
Reason=An editor writes the files that it opens, and side files beside them.
