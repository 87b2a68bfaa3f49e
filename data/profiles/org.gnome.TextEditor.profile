# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=gnome-text-editor;
SuggestAccess=change
Reason=A text editor saves what it opens.
