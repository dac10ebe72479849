#!/bin/sh
# Stands in for wsl.exe. Distros are files in $WSL/distros, each with its state in it. As the real one it writes UTF-16LE
# without a byte order mark, also its errors, and those on standard output; an export makes a new file only, an import
# needs a tar file and a new name; paths are those of Windows.
say() { printf '%s\r\n' "$1" | iconv -f UTF-8 -t UTF-16LE; }
fail() { say "$1"; say "Error code: Wsl/Service/$2"; exit 255; }
linux() {
    case $1 in
    '\\wsl.localhost\Debian\'*) printf '%s' "${1#'\\wsl.localhost\Debian'}" | tr '\\' / ;;
    *) fail "The system cannot find the path specified: $1" ERROR_PATH_NOT_FOUND ;;
    esac
}
printf '%s\n' "$*" >> "$WSL/calls"
case $1 in
--list)
    say '  NAME              STATE           VERSION'
    mark='*'
    for distro in "$WSL"/distros/*; do
        say "$(printf '%s %-18s%-16s%s' "$mark" "${distro##*/}" "$(cat "$distro")" 2)"
        mark=' '
    done
    ;;
--export)
    [ -e "$WSL/distros/$2" ] || fail 'There is no distribution with the supplied name.' WSL_E_DISTRO_NOT_FOUND
    file=$(linux "$3") || { printf '%s' "$file"; exit 255; }
    [ ! -e "$file" ] || fail 'The file exists.' ERROR_FILE_EXISTS
    say 'Export in progress, this may take a few minutes.'
    [ ! -e "$WSL/full" ] || { echo half > "$file"; fail '磁盘空间不足。' ERROR_DISK_FULL; }
    echo "all of $2" > "$file" || exit 255
    say 'The operation completed successfully.'
    ;;
--import)
    [ ! -e "$WSL/distros/$2" ] || fail 'A distribution with the supplied name already exists.' ERROR_ALREADY_EXISTS
    location=$(linux "$3") || { printf '%s' "$location"; exit 255; }
    file=$(linux "$4") || { printf '%s' "$file"; exit 255; }
    grep -q '^all of ' "$file" || fail 'Unrecognized archive format.' WSL_E_IMPORT_FAILED
    cp "$file" "$location/ext4.vhdx" || exit 255
    echo Stopped > "$WSL/distros/$2"
    say 'The operation completed successfully.'
    ;;
*) fail "Invalid command line argument: $1" E_INVALIDARG ;;
esac
