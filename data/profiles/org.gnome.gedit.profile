# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=gedit;
SuggestAccess=change
Reason=A text editor saves what it opens.
