// Package pdf writes licences as PDF files for printing (A4, one page or more), with an embedded subset of a font that has Chinese
// letters and a QR code. The print is a copy: the signed record is the authority, and the code leads to it.
package pdf

import (
	"encoding/binary"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/signintech/gopdf"
	"github.com/signintech/gopdf/fontmaker/core"
	"rsc.io/qr"

	"tongban/internal/domain/licence"
	"tongban/internal/kernel/errs"
)

// fonts are where the printing fonts may lie. What the first lacks is drawn with the next that has it; at least one must be there.
// TrueType outlines only, in a collection or alone.
var fonts = []string{"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc", "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf"}

// typeface is a font's bytes and the characters that it has.
type typeface struct {
	data  []byte
	chars map[int]uint
}

// typefaces are tried in this order for each character.
type typefaces []typeface

var faces = sync.OnceValues(func() (typefaces, error) { return open(fonts) })

func open(files []string) (typefaces, error) {
	var out typefaces
	for _, file := range files {
		b, err := os.ReadFile(file) //nolint:gosec // a list of ours
		if err != nil {
			continue
		}
		if b, err = alone(b); err != nil {
			return nil, errs.Wrap(errs.PDFUnavailable, err, "%s", file)
		}
		var p core.TTFParser
		if err := p.ParseFontData(b); err != nil {
			return nil, errs.Wrap(errs.PDFUnavailable, err, "%s", file)
		}
		out = append(out, typeface{b, p.Chars()})
	}
	if len(out) == 0 {
		return nil, errs.New(errs.PDFUnavailable, "no font at %v", files)
	}
	return out, nil
}

// of is the font that draws a character; false if none does.
func (t typefaces) of(r rune) (int, bool) {
	for i, f := range t {
		if f.chars[int(r)] != 0 {
			return i, true
		}
	}
	return 0, false
}

// alone takes the first font out of a TrueType collection (ISO/IEC 14496-22 §4.6.3); anything else stays as it is. Its tables
// are copied behind a directory of their own.
func alone(b []byte) ([]byte, error) {
	const head, record = 12, 16
	if len(b) < 16 || string(b[:4]) != "ttcf" {
		return b, nil
	}
	at := int(binary.BigEndian.Uint32(b[12:]))
	if at+head > len(b) {
		return nil, errs.New(errs.PDFUnavailable, "collection")
	}
	n := int(binary.BigEndian.Uint16(b[at+4:]))
	size := head + n*record
	if at+size > len(b) {
		return nil, errs.New(errs.PDFUnavailable, "directory of %d tables", n)
	}
	out := append([]byte(nil), b[at:at+size]...)
	for i := range n {
		r := out[head+i*record:]
		from, long := int(binary.BigEndian.Uint32(r[8:])), int(binary.BigEndian.Uint32(r[12:]))
		if from+long > len(b) {
			return nil, errs.New(errs.PDFUnavailable, "table %d", i)
		}
		binary.BigEndian.PutUint32(r[8:], uint32(len(out))) //nolint:gosec // below the size of the collection
		out = append(out, b[from:from+long]...)
		out = append(out, make([]byte, -len(out)&3)...)
	}
	return out, nil
}

// lacks returns errs.FontLacks for the first character that no font can draw: a name must never lose one silently.
func (t typefaces) lacks(lines []string) error {
	for _, s := range lines {
		for _, r := range s {
			if _, ok := t.of(r); !ok && r != '\n' {
				return errs.New(errs.FontLacks, "%U", r)
			}
		}
	}
	return nil
}

// Sizes in points.
const (
	margin     = 57.0 // 2 cm
	pageWidth  = 595.0
	pageHeight = 842.0
	labelWidth = 130.0
	titleSize  = 22.0
	textSize   = 11.0
	smallSize  = 9.0
	lineHeight = 1.6
	codeSize   = 110.0
)

// Licence writes a licence. Errors: errs.PDFUnavailable without the font, errs.FontLacks.
func Licence(p licence.Print) ([]byte, error) {
	t, err := faces()
	if err != nil {
		return nil, err
	}
	return t.write(p)
}

func (t typefaces) write(p licence.Print) ([]byte, error) {
	if err := t.lacks(p.Lines()); err != nil {
		return nil, err
	}
	w := writer{y: margin, faces: t}
	w.pdf.Start(gopdf.Config{PageSize: *gopdf.PageSizeA4})
	w.pdf.AddPage()
	for i, f := range t {
		w.try(w.pdf.AddTTFFontData(family(i), f.data))
	}
	w.title(p.Title)
	for _, r := range p.Rows {
		w.row(r.Label, r.Value)
	}
	w.foot(p)
	if w.err != nil {
		return nil, errs.Wrap(errs.Unexpected, w.err, "pdf")
	}
	b, err := w.pdf.GetBytesPdfReturnErr()
	if err != nil {
		return nil, errs.Wrap(errs.Unexpected, err, "pdf")
	}
	return b, nil
}

// writer keeps the first error, so that the steps read as one.
type writer struct {
	pdf   gopdf.GoPdf
	faces typefaces
	y     float64
	err   error
}

func family(i int) string { return "f" + strconv.Itoa(i) }

// wide is how wide a text is, in points.
func (w *writer) wide(size float64, s string) float64 {
	total := 0.0
	for i, run := range w.faces.runs(s) {
		w.try(w.pdf.SetFont(family(i), "", size))
		n, err := w.pdf.MeasureTextWidth(run)
		w.try(err)
		total += n
	}
	return total
}

// runs cuts a text where the font changes.
func (t typefaces) runs(s string) iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		from, font := 0, -1
		for at, r := range s {
			i, _ := t.of(r)
			if i != font && font >= 0 {
				if !yield(font, s[from:at]) {
					return
				}
				from = at
			}
			font = i
		}
		if from < len(s) {
			yield(font, s[from:])
		}
	}
}

func (w *writer) try(err error) {
	if w.err == nil {
		w.err = err
	}
}

// room begins a new page unless that many points are left.
func (w *writer) room(points float64) {
	if w.y+points > pageHeight-margin {
		w.pdf.AddPage()
		w.y = margin
	}
}

func (w *writer) put(x, size float64, s string) {
	w.pdf.SetXY(x, w.y)
	for i, run := range w.faces.runs(s) {
		w.try(w.pdf.SetFont(family(i), "", size))
		w.try(w.pdf.Text(run))
	}
}

func (w *writer) title(s string) {
	wide := w.wide(titleSize, s)
	w.y += titleSize
	w.put(max(margin, (pageWidth-wide)/2), titleSize, s)
	w.y += titleSize * 2
}

// row is a label and its value, which may have several lines.
func (w *writer) row(label, value string) {
	first := true
	for _, line := range w.wrapped(value, pageWidth-2*margin-labelWidth, textSize) {
		w.room(textSize * lineHeight)
		if first {
			w.put(margin, textSize, label)
			first = false
		}
		w.put(margin+labelWidth, textSize, line)
		w.y += textSize * lineHeight
	}
	w.y += textSize * 0.4
}

// wrapped cuts a text into lines that fit. It cuts anywhere, as Chinese does.
func (w *writer) wrapped(s string, width, size float64) []string {
	var out []string
	for part := range strings.SplitSeq(s, "\n") {
		line, used := "", 0.0
		for _, r := range part {
			n := w.wide(size, string(r))
			if used+n > width {
				out, line, used = append(out, line), "", 0
			}
			line, used = line+string(r), used+n
		}
		out = append(out, line)
	}
	return out
}

// foot is the code at the left and its words beside it.
func (w *writer) foot(p licence.Print) {
	w.room(codeSize + textSize*3)
	w.y += textSize * 2
	top := w.y
	code, err := qr.Encode(p.Verify, qr.M)
	if err != nil {
		w.try(err)
		return
	}
	module := codeSize / float64(code.Size)
	for y := range code.Size {
		for x := range code.Size {
			if code.Black(x, y) {
				w.pdf.RectFromUpperLeftWithStyle(margin+float64(x)*module, top+float64(y)*module, module, module, "F")
			}
		}
	}
	w.y += smallSize
	for _, s := range p.Foot {
		for _, line := range w.wrapped(s, pageWidth-2*margin-codeSize-20, smallSize) {
			w.put(margin+codeSize+20, smallSize, line)
			w.y += smallSize * lineHeight
		}
	}
}
