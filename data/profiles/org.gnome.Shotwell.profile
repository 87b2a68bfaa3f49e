# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=shotwell;
SuggestAccess=change
Reason=A photo manager keeps your pictures in order: it looks through all of them, and moves and renames them where you tell it to.

[Wants]
xdg:PICTURES=change
