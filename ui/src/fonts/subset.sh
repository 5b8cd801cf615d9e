#!/usr/bin/env bash
# Makes the fonts beside this script: Inter's weights 400 to 700, a file for each alphabet, so that only what is shown is
# loaded. base.css tells the web view which letters are where. Run it to change what is in them; the results are committed.
# inter-latin.woff2 is not made here: it comes from the whole font of the same release (4.001), which kerns more pairs.
# Wants: npm, python3 with fonttools and brotli.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
npm pack --silent --pack-destination "$work" @fontsource-variable/inter@5.3.0 >/dev/null
tar xzf "$work"/*.tgz -C "$work"

subset() { # name, part of Inter, letters
  fonttools varLib.instancer -q "$work/package/files/inter-$2-wght-normal.woff2" wght=400:700 -o "$work/$1.ttf"
  pyftsubset "$work/$1.ttf" --unicodes="$3" --layout-features=kern,locl,tnum --flavor=woff2 --no-hinting \
    --output-file="inter-$1.woff2"
}
subset latin-more latin 'U+A1-A6,U+A8-AA,U+AC,U+AE-AF,U+B1-B6,U+B8-BA,U+BC-BF,U+C3,U+C5,U+D0,U+D5,U+D8,U+DD-DE,U+E3,U+E5,U+F0,U+F5,U+F7-F8,U+FD-FF'
subset latin-ext latin-ext 'U+100-24F,U+259,U+1E80-1E85,U+1E9E,U+1EF2-1EF3'
subset vietnamese vietnamese 'U+1EA0-1EF1,U+1EF4-1EF9'
subset greek greek 'U+370-3FF'
subset cyrillic cyrillic 'U+400-45F,U+490-491'
