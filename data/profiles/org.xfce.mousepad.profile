# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=mousepad;
SuggestAccess=change
Reason=A text editor saves what it opens.
