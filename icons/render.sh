#!/usr/bin/env bash
# Renders every size from the drawings beside this script. Run it after changing one of them; the results are committed.
# Wants: rsvg-convert (librsvg2-bin), convert (imagemagick), npx.
set -euo pipefail
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# The desktop: the whole emblem.
npx --yes @tauri-apps/cli@2 icon icon.svg --output "$work/desktop" >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
cp "$work"/desktop/*.png "$work"/desktop/icon.icns .

# Windows shows 16 and 24 pixels most often: those come from the drawing made for them. Tauri wants the 32 first.
for size in 16 24; do rsvg-convert -w $size -h $size icon-small.svg -o "$work/$size.png"; done
for size in 32 48 64 128 256; do rsvg-convert -w $size -h $size icon.svg -o "$work/$size.png"; done
convert "$work"/{32,16,24,48,64,128,256}.png icon.ico
cp "$work/16.png" 16x16.png
cp "$work/24.png" 24x24.png

# Phones bring their own shape: Android a ground and a mark, iOS a full square whose corners it rounds.
for drawing in icon-full icon-mark; do rsvg-convert -w 1024 -h 1024 $drawing.svg -o "$work/$drawing.png"; done
cat > "$work/phones.json" <<JSON
{ "default": "icon-full.png", "android_fg": "icon-mark.png", "android_fg_scale": 100, "android_monochrome": "icon-mark.png", "bg_color": "#1463ff" }
JSON
npx --yes @tauri-apps/cli@2 icon "$work/phones.json" --output "$work/phones" --ios-color '#1463ff' >"$work/log" 2>&1 || { cat "$work/log"; exit 1; }
rm -rf android ios
cp -r "$work/phones/android" "$work/phones/ios" .
