# SPDX-License-Identifier: GPL-3.0-or-later
# bash completion for postern(1)

# The ids of the applications that Postern knows, one a line. Nothing is started for it: without a broker there is nothing to offer.
_postern_apps() {
	[ -S "${XDG_RUNTIME_DIR:-}/postern/broker" ] || return 0
	postern apps --json 2>/dev/null | sed -n 's/.*"id": "\([A-Za-z0-9._+-]*\)".*/\1/p'
}

# What may stand for a file or folder: a path, or one of the user directories.
_postern_resource() {
	local word=$1 places='DESKTOP DOCUMENTS DOWNLOAD MUSIC PICTURES PUBLICSHARE TEMPLATES VIDEOS'
	# The colon is a word of its own for readline: "xdg:PIC" arrives as three, "xdg:" as two.
	if [[ $word == : && ${COMP_WORDS[COMP_CWORD - 1]} == xdg ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$places")
		return
	elif [[ $COMP_CWORD -gt 2 && ${COMP_WORDS[COMP_CWORD - 1]} == : && ${COMP_WORDS[COMP_CWORD - 2]} == xdg ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$places" -- "$word")
		return
	elif [[ -n $word && xdg == "$word"* ]]; then
		mapfile -t COMPREPLY < <(compgen -P xdg: -W "$places")
		return
	fi
	compopt -o filenames
	mapfile -t COMPREPLY < <(compgen -f -- "$word")
}

# Completes the value of an option; fails if the option takes none of ours.
_postern_value() {
	local option=$1 word=$2 values
	case $option in
	--access) values='view change save' ;;
	--answer) values='allow deny hide private ask' ;;
	--for) values='once session always 1h 1d 7d 30d' ;;
	--app) values=$(_postern_apps) ;;
	--only)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -d -- "$word")
		return 0 ;;
	--profile)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word")
		return 0 ;;
	--x11 | --wayland) values='host' ;;
	-n | --limit) values='20 50 200 1000' ;;
	--since) values='today yesterday 1h 1d 7d' ;;
	--what) values='asked answered granted revoked changed refused used expired started ended' ;;
	--text) return 0 ;;
	*) return 1 ;;
	esac
	mapfile -t COMPREPLY < <(compgen -W "$values" -- "$word")
}

# Completes what follows "run": its own options, then a command line as the shell would.
_postern_run() {
	local i=2
	while [ "$i" -lt "$COMP_CWORD" ]; do
		case ${COMP_WORDS[i]} in
		--) i=$((i + 1)); break ;;
		--app | --profile | --only) i=$((i + 2)) ;;
		=) i=$((i + 2)) ;;
		-*) i=$((i + 1)) ;;
		*) break ;;
		esac
	done
	if [ "$i" -ge "$COMP_CWORD" ] && [[ $1 == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W '--app --profile --only --view --change --strict --print-plan --x11=host --wayland=host --bus --no-bus --help --' -- "$1")
	elif declare -F _command_offset >/dev/null; then
		_command_offset "$i"
	elif [ "$i" -ge "$COMP_CWORD" ]; then
		mapfile -t COMPREPLY < <(compgen -c -- "$1")
	else
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$1")
	fi
}

_postern() {
	local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]} options='' i words=0
	COMPREPLY=()

	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W 'run apps grants grant revoke reset lock unlock strict stop held why export import ps log allow settings doctor --help --version' -- "$word")
		return
	fi
	# "--access=view" arrives as three words.
	if [ "$word" = = ]; then
		word=''
	elif [ "$previous" = = ]; then
		previous=${COMP_WORDS[COMP_CWORD - 2]}
	fi
	_postern_value "$previous" "$word" && return

	case $command in
	run) _postern_run "$word"; return ;;
	apps | ps) options='--json' ;;
	grants) options='--json' ;;
	log) options='--follow --json --limit --since --text --what' ;;
	allow) options='--for' ;;
	settings) options='--json' ;;
	grant) options='--access --answer --for' ;;
	revoke) options='--all' ;;
	reset) options='--home' ;;
	stop) options='--force' ;;
	lock | unlock | strict | held) ;;
	why) options='--access' ;;
	export) options='--force' ;;
	import) options='--replace --dry-run --protected' ;;
	doctor) ;;
	*) return ;;
	esac
	if [[ $word == -* ]]; then
		mapfile -t COMPREPLY < <(compgen -W "$options --help" -- "$word")
		return
	fi
	for ((i = 2; i < COMP_CWORD; i++)); do
		case ${COMP_WORDS[i]} in
		--access | --answer | --for | -n | --limit | --since | --text | --what) i=$((i + 1)) ;;
		= | :) i=$((i + 1)) ;;
		-*) ;;
		*) words=$((words + 1)) ;;
		esac
	done
	# The word that is being completed has been counted by its beginning.
	if [[ $word == : || $previous == : ]]; then
		words=$((words - 1))
	fi
	case $command:$words in
	strict:1) mapfile -t COMPREPLY < <(compgen -W 'on off' -- "$word") ;;
	export:1 | import:0)
		compopt -o filenames
		mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
	grants:0 | log:0 | grant:0 | revoke:0 | why:0 | export:0 | reset:0 | lock:0 | unlock:0 | strict:0 | stop:0 | held:0)
		mapfile -t COMPREPLY < <(compgen -W "$(_postern_apps)" -- "$word") ;;
	grant:1 | revoke:1 | why:1) _postern_resource "$word" ;;
	settings:0) mapfile -t COMPREPLY < <(compgen -W 'history-days history-rows unused-days' -- "$word") ;;
	esac
}

complete -F _postern postern
