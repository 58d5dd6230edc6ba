#!/bin/sh
# Renders every drawing in this folder as a WebP of 640 x 480 pixels beside it. Debian: apt install librsvg2-bin webp
set -eu
cd "$(dirname "$0")"
drawn=$(mktemp)
trap 'rm -f "$drawn"' EXIT
for drawing in *.svg; do
    rsvg-convert --width 640 --height 480 --output "$drawn" "$drawing"
    cwebp -quiet -q 78 -m 6 -sharp_yuv "$drawn" -o "${drawing%.svg}.webp"
done
