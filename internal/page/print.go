package page

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"
	"unicode/utf8"

	"rsc.io/qr"
)

// modulesMM is the printed width of a QR code without its quiet zone; below 30 mm old phones fail on laser prints.
const modulesMM = 30.0

// quietModules is the white margin on each side that ISO/IEC 18004 asks for.
const quietModules = 4

type qrDrawing struct{ MM, Box, Path string }

// drawQR draws one path: a rectangle per run of black modules.
func drawQR(address string) (qrDrawing, bool) {
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return qrDrawing{}, false
	}
	var path strings.Builder
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			run := 0
			for x+run < code.Size && code.Black(x+run, y) {
				run++
			}
			if run > 0 {
				fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", x+quietModules, y+quietModules, run, run)
				x += run
			}
		}
	}
	whole := code.Size + 2*quietModules
	return qrDrawing{
		MM:   fmt.Sprintf("%.1fmm", modulesMM*float64(whole)/float64(code.Size)),
		Box:  fmt.Sprintf("0 0 %d %d", whole, whole),
		Path: path.String(),
	}, true
}

type glyph struct {
	Char, Transform string
	Size            int
}

// sealArc sets name along the ring from left to right over the top, at most 216 degrees (the date stands free below); long names get smaller signs.
func sealArc(name string) []glyph {
	const radius, widest, span = 112.0, 24.0, 216.0
	n := utf8.RuneCountInString(name)
	step := min(widest, span/math.Max(1, float64(n-1)))
	size := int(min(37, 0.9*(radius+15)*step*math.Pi/180))
	glyphs := make([]glyph, 0, n)
	angle := -step * float64(n-1) / 2
	for _, r := range name {
		glyphs = append(glyphs, glyph{
			Char: string(r), Size: size,
			Transform: fmt.Sprintf("translate(170 170) rotate(%.1f) translate(0 -%.0f)", angle, radius),
		})
		angle += step
	}
	return glyphs
}

func fours(s string) []string {
	var out []string
	for len(s) > 4 {
		out, s = append(out, s[:4]), s[4:]
	}
	return append(out, s)
}

// longDate writes YYYY-MM-DD as documents do; anything else stays as it is.
func longDate(ctx context.Context, date string) string {
	d, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return date
	}
	return T(ctx, "print.date", d.Year(), int(d.Month()), d.Day())
}
