# SPDX-License-Identifier: GPL-3.0-or-later
[Application]
Executables=rhythmbox;
SuggestAccess=view
Reason=A music player makes its library of all the music that it finds in your music folder.

[Wants]
xdg:MUSIC=view
