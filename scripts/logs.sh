# shellcheck shell=bash
# Sourced by ./start: what keeps logs from growing for ever.

log_bytes=10000000 # a log that is larger becomes .1
log_kept=3         # .1, .2, .3: older ones go

# rotate_logs FOLDER: while programs write. They have their logs open for appending, so a log's contents move to its
# copy and it begins anew as the same file. Lines written between the two steps are lost. A copy that finds no room is
# left incomplete: the log is cut all the same.
rotate_logs() {
    local file i
    for file in "$1"/*.log; do
        [ -f "$file" ] || continue
        [ "$(stat -c %s "$file")" -ge "$log_bytes" ] || continue
        for ((i = log_kept; i > 1; i--)); do
            [ ! -e "$file.$((i - 1))" ] || mv -f "$file.$((i - 1))" "$file.$i"
        done
        cp "$file" "$file.1" || true
        : >"$file"
    done
}
